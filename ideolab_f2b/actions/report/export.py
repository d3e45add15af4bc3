"""When the counters are saved and ideolab_f2b.prom is written; what the report says there about itself."""

from __future__ import annotations

import time
from pathlib import Path

from ideolab_f2b import metrics
from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.report.worker import Worker
from ideolab_f2b.actions.unwritable import explain
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.metrics import Sample

#: seconds between two exports while something changes: what Prometheus usually takes between two scrapes
EXPORT_S = 10.0
#: seconds between two exports when nothing changes: the file's age says that the report works
EXPORT_LATEST_S = 30.0


class Export:
    """Saves and writes from time to time; `is_changed` says that there is something new."""

    def __init__(self, complaint: Complaint) -> None:
        self._complaint = complaint
        self._at = float("-inf")
        self.is_changed = True
        #: epoch seconds of the last export while nothing was wrong
        self.success = 0.0

    def is_due(self) -> bool:
        """Whether the last export is long enough ago."""
        due_s = EXPORT_S if self.is_changed else EXPORT_LATEST_S
        return time.monotonic() - self._at >= due_s

    def write(self, worker: Worker, path: Path, depth: int) -> None:
        """Save the counters, then show them: nothing is exported that a restart would forget."""
        self._at, self.is_changed = time.monotonic(), False
        samples = worker.collect()
        try:
            worker.save()
        except OSError as error:
            self._complaint.say(f"counters are not kept over a restart: {explain(error)}", "counters")
        try:
            # reconcile has the same metric as we: node_exporter refuses a file that has it twice
            metrics.write(path, metric_sources.merge([*samples, *self._own(depth)]))
        except (OSError, metrics.MetricsUnavailableError) as error:
            text = explain(error) if isinstance(error, OSError) else str(error)
            self._complaint.say(text, "metrics")

    def _own(self, depth: int) -> list[Sample]:
        return [
            metrics.gauge("ideolab_f2b_queue_depth", "Bans that are not reported yet.", depth),
            Sample(
                "ideolab_f2b_last_success_timestamp_seconds",
                "When the job last did its work.",
                "gauge",
                ("job",),
                {("report",): self.success},
            ),
            metrics.build_info("fail2ban"),
        ]
