"""ideolab_accesslog.prom as the Django application is to write it, by the pack's own writer."""

from __future__ import annotations

from pathlib import Path

from ideolab_f2b import metrics
from ideolab_f2b.metrics import Sample

NAME = "ideolab_accesslog.prom"


def samples(seconds: float) -> list[Sample]:
    """What has happened after so many seconds under a scan."""
    scanned = max(0.0, seconds - 10)
    return [
        Sample(
            "ideolab_accesslog_offences_total",
            "Offences by reason.",
            "counter",
            ("reason",),
            {("sensitive_path",): scanned // 2, ("burst",): scanned // 5},
        ),
        Sample(
            "ideolab_accesslog_firewall_actions_total",
            "Firewall actions by what became of them.",
            "counter",
            ("action", "result"),
            {("ban", "done"): scanned // 8, ("unban", "done"): scanned // 30, ("ban", "failed"): 0.0},
        ),
        Sample(
            "ideolab_accesslog_rows_total",
            "Rows of the access log by what became of them.",
            "counter",
            ("result",),
            {("written",): seconds * 4 + scanned * 9, ("dropped",): 0.0},
        ),
    ]


def write(directory: Path, seconds: float) -> None:
    """Write the metrics of a site that has run for so many seconds."""
    metrics.write(directory / NAME, samples(seconds))
