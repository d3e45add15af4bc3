"""The loop of the intake: wait, receive, give the lines to their pipelines; now and then check the socket."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

from ideolab_f2b import files, logline, metrics
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake import datagram
from ideolab_f2b.intake import metrics as gauges
from ideolab_f2b.intake.limits.share import Served
from ideolab_f2b.intake.nginx_socket import NginxSocket
from ideolab_f2b.intake.pipeline import Pipeline
from ideolab_f2b.notify import Notifier

#: seconds between two checks of the socket, and the longest wait
CHECK_S = 1.0
#: seconds between two writings of the metrics
METRICS_S = 10.0
#: seconds between two writings of the time of nginx's last alert
ALERT_S = 1.0
#: seconds that a stop may take while nginx goes on sending
DRAIN_S = 1.0


class Service:
    """Reads batches from the socket; `pipelines` has the pipeline of each log by its tag.

    `served_tag` is the tag of the answered requests, which are counted and written nowhere. `alert` is the
    file that gets a new time when nginx says that its worker_connections are not enough.
    """

    def __init__(
        self,
        nginx_socket: NginxSocket,
        pipelines: Mapping[bytes, Pipeline],
        served_tag: bytes,
        served: Served,
        prom: Path,
        complaint: Complaint,
        counts: Counter[str],
        alert: Optional[Path] = None,
    ) -> None:
        self._alert, self._alerts, self._alert_at = alert, 0, float("-inf")
        self._socket, self._pipelines, self._prom = nginx_socket, pipelines, prom
        self._served_tag, self._served = served_tag, served
        self._complaint, self._counts = complaint, counts
        self._check_at = self._metrics_at = float("-inf")
        self._lost = self._over_budget = 0
        self._success = 0.0

    def run(self, wakeup: int, is_stopped: Callable[[], bool], notifier: Optional[Notifier] = None) -> None:
        """Run until `is_stopped`, then write what was sent before; `wakeup` can be read when a stop comes."""
        notifier = notifier or Notifier()
        while not is_stopped():
            self.run_once()
            notifier.work(self._format_status)
            self._socket.wait(wakeup, CHECK_S)
        notifier.stop()
        deadline = time.monotonic() + DRAIN_S
        while self.run_once() and time.monotonic() < deadline:
            pass
        for pipeline in self._pipelines.values():
            pipeline.end_window(float("inf"), _now())
        self._write_metrics()

    def run_once(self) -> int:
        """Take one batch, and do what is due; return how many datagrams there were."""
        now = time.monotonic()
        received = self._socket.receive()
        groups = self._group_by_tag(received)
        self._count_answers(groups.pop(self._served_tag), now)
        for tag, texts in groups.items():
            foreign = self._pipelines[tag].process(texts, now, _now())
            if foreign is not None:
                self._complaint.say(
                    f"tag={tag.decode()} came with a line of another log: {_quote(foreign)}", "text"
                )
        self._note_alert(now)
        self._do_what_is_due(now)
        return len(received)

    def _note_alert(self, now: float) -> None:
        """Let connmon know of an alert, at most once in ALERT_S: a full nginx makes thousands a second."""
        if self._counts["alerts"] == self._alerts or now < self._alert_at or self._alert is None:
            return
        self._alerts, self._alert_at = self._counts["alerts"], now + ALERT_S
        try:
            files.replace(self._alert, b"%d\n" % time.time(), 0o644)
        except OSError as error:
            self._complaint.say(f"connmon does not get nginx's alert: {error}", "alert")
        else:
            self._complaint.settle("alert", f"{self._alert}: connmon gets nginx's alerts again")

    def _count_answers(self, texts: list[bytes], now: float) -> None:
        malformed = self._served.add(texts, now)
        self._counts["served"] += len(texts) - malformed
        self._counts["malformed"] += malformed

    def _group_by_tag(self, received: list[bytes]) -> dict[bytes, list[bytes]]:
        """Return the texts for each pipeline; the rest is counted, and stderr shows one of it."""
        texts: dict[bytes, list[bytes]] = {tag: [] for tag in (*self._pipelines, self._served_tag)}
        strangers = []
        for data in received:
            # no tag of a configuration is empty
            tag, text = datagram.parse(data) or (b"", data)
            if tag in texts:
                texts[tag].append(text)
            else:
                strangers.append(data)
        if strangers:
            self._counts["malformed"] += len(strangers)
            tags = " or ".join(f"tag={one.decode()}" for one in self._pipelines)
            what = f"a datagram without nginx's header and {tags}: {_quote(strangers[0])}"
            self._complaint.say(what, "header")
        return texts

    def _do_what_is_due(self, now: float) -> None:
        if now >= self._check_at:
            self._socket.bind_again()
            self._check_at = now + CHECK_S
        if now >= self._metrics_at:
            self._write_metrics()
            self._metrics_at = now + METRICS_S

    def _format_status(self) -> str:
        """Return the line of `systemctl status`."""
        counts = self._counts
        return (
            f"{counts['written']:,} lines written, {counts['collapsed']:,} collapsed, {counts['lost']:,} lost"
        )

    def _write_metrics(self) -> None:
        self._counts["refused"] = self._socket.refused
        if self._counts["lost"] == self._lost:
            self._success = time.time()
        self._lost = self._counts["lost"]
        self._say_over_budget()
        try:
            metrics.write(self._prom, gauges.samples(self._counts, self._success))
        except (OSError, metrics.MetricsUnavailableError) as error:
            self._complaint.say(str(error), "metrics")

    def _say_over_budget(self) -> None:
        count = self._counts["over_budget"] - self._over_budget
        self._over_budget = self._counts["over_budget"]
        if count:
            what = f"{count} lines were not written: a log has used up its [intake] bytes_hour"
            self._complaint.say(what, "budget")
        else:
            self._complaint.settle("budget", "the logs have bytes left again")


def _quote(data: bytes) -> str:
    return logline.quote(data[:120])


def _now() -> datetime:
    return datetime.now(timezone.utc)
