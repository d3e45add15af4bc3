"""The chain behind a dashboard, in a namespace: node_exporter reads a directory, Prometheus scrapes it."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from demo.lab.child import REPOSITORY, Child
from demo.lab.error import LabError
from demo.lab.namespace import Namespace

PROGRAMS = ("prometheus", "prometheus-node-exporter", "promtool")
RULES = REPOSITORY / "deploy/prometheus/ideolab-f2b.rules.yml"
_EXPORTER, _PROMETHEUS = "127.0.0.1:9100", "127.0.0.1:9090"
_CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ["{exporter}"]}}]
"""


class Series(NamedTuple):
    """One series: its labels and its points (epoch seconds, value)."""

    labels: Mapping[str, str]
    points: list[tuple[float, float]]


class Prometheus:
    """Both daemons between construction and `stop`; nobody outside of the namespace reaches them."""

    def __init__(self, namespace: Namespace, directory: Path, textfile: Path) -> None:
        directory.mkdir()
        self._namespace = namespace
        config = directory / "prometheus.yml"
        config.write_text(_CONFIG.format(rules=RULES, exporter=_EXPORTER))
        self._exporter = Child(
            namespace,
            directory / "exporter",
            "prometheus-node-exporter",
            f"--web.listen-address={_EXPORTER}",
            "--collector.disable-defaults",
            "--collector.textfile",
            f"--collector.textfile.directory={textfile}",
        )
        self._server = Child(
            namespace,
            directory / "prometheus",
            "prometheus",
            f"--web.listen-address={_PROMETHEUS}",
            f"--config.file={config}",
            f"--storage.tsdb.path={directory}/data",
        )
        try:
            self._exporter.wait_until(lambda: self._answers(_EXPORTER, "/metrics"), "answering")
            self._server.wait_until(lambda: self._answers(_PROMETHEUS, "/-/ready"), "ready")
        except BaseException:
            self.stop()
            raise

    def _get(self, address: str, path: str) -> tuple[int, bytes]:
        with self._namespace.enter():
            connection = http.client.HTTPConnection(address, timeout=10)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read()
            finally:
                connection.close()

    def _answers(self, address: str, path: str) -> bool:
        try:
            return self._get(address, path)[0] == 200
        except OSError:
            return False

    def metrics(self) -> str:
        """Return what node_exporter serves; LabError when it refuses to."""
        status, body = self._get(_EXPORTER, "/metrics")
        if status != 200:
            raise LabError(f"node_exporter: {status}: {body.decode()[:500]}")
        return body.decode()

    def _result(self, path: str, **words: object) -> list[dict[str, Any]]:
        status, body = self._get(_PROMETHEUS, f"/api/v1/{path}?{urllib.parse.urlencode(words)}")
        if status != 200:
            raise LabError(f"{words['query']}: {body.decode()[:500]}")
        found: list[dict[str, Any]] = json.loads(body)["data"]["result"]
        return found

    def now(self, expr: str, when: float) -> list[Series]:
        """Return the value of each series at one instant."""
        found = self._result("query", query=expr, time=when)
        return [Series(one["metric"], [_point(one["value"])]) for one in found]

    def over(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """Return the values of each series between two instants."""
        found = self._result("query_range", query=expr, start=start, end=end, step=step)
        return [Series(one["metric"], [_point(value) for value in one["values"]]) for one in found]

    def stop(self) -> None:
        """End both daemons."""
        self._server.stop()
        self._exporter.stop()


def _point(value: tuple[float, str]) -> tuple[float, float]:
    return float(value[0]), float(value[1])
