"""Every metric that the programs export, by file: what docs/metrics.md is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from ideolab_f2b import metrics
from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.reconcile import metrics as reconcile_metrics
from ideolab_f2b.actions.report import reporter
from ideolab_f2b.connmon.output import metrics as connmon_metrics
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.intake import metrics as intake_metrics
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.metrics import Sample

#: labels whose values are words of ours, and not names of jails, sets or countries
FIXED = frozenset({"action", "confirmed", "job", "program", "reason", "result", "scope"})


class Metric(NamedTuple):
    """A metric as a reader sees it; `words` are the values of its fixed labels."""

    kind: str
    labels: tuple[str, ...]
    words: frozenset[str]


def connmon() -> dict[str, Metric]:
    """ideolab_connmon.prom after one snapshot without any connection, on a host without a container."""

    class Numbers:
        number, errors = 0, 0

    ticks = [PortTick(100.0, 443, Findings([], {}, 0, 0), 0.1)]
    return _metrics(connmon_metrics.samples(ticks, Numbers()))


def intake_file() -> dict[str, Metric]:
    """ideolab_intake.prom of an intake that got nothing yet."""
    return _metrics(intake_metrics.samples({}, 100.0))


def fail2ban(directory: Path) -> dict[str, Metric]:
    """ideolab_f2b.prom of a server with one jail, at its stop."""
    settings = directory / "f2b.conf"
    paths = "\n".join(f"{key} = {directory}" for key in ("log_dir", "state_dir", "textfile_dir"))
    settings.write_text(f"[origin]\ncymru_host =\nipwhois = 0\n[paths]\n{paths}\n")
    written: list[Sample] = []
    metric_sources.add("tests.docs", _reconcile)
    try:
        with mock.patch.object(metrics, "write", lambda _path, samples: written.extend(samples)):
            one = reporter.Reporter(settings, directory / "state")
            one.enter("sshd")
            one.leave()
    finally:
        metric_sources.remove("tests.docs")
    return _metrics(written)


def _reconcile() -> list[Sample]:
    counted = reconcile_metrics.ReconcileCounts(drift={"s": 1}, repairs={"s": 1}, succeeded=100.0)
    header = SetHeader("s", "hash:net", "inet", 200, 0, 1, 1, 456, 0)
    of_jail = reconcile_metrics.jail("sshd", {"inet": 1}, {"refused": 0, "aggregated": 0, "errors": 0}, 0)
    return [*reconcile_metrics.kernel(counted, [header]), *of_jail]


def _metrics(samples: Iterable[Sample]) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for sample in samples:
        name = sample.name
        if sample.kind == "counter" and not name.endswith("_total"):
            # prometheus_client adds it
            name += "_total"
        before = found.get(name, Metric("", (), frozenset())).words
        found[name] = Metric(sample.kind, tuple(sample.labels), before | _words(sample.labels, sample.values))
    return found


def _words(labels: Iterable[str], values: Mapping[tuple[str, ...], float]) -> frozenset[str]:
    pairs = [pair for key in values for pair in zip(labels, key)]
    return frozenset(value for label, value in pairs if label in FIXED)
