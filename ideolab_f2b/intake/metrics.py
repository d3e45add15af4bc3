"""What became of nginx's datagrams -> the samples of ideolab_intake.prom. Pure; no address as a label."""

from __future__ import annotations

from collections.abc import Mapping

from ideolab_f2b.metrics import Sample, build_info

#: what may become of a datagram: put down; counted in a summary; not put down (the disk is full); no line of
#: nginx's; too long or of a user who is no sender; and the summaries themselves
RESULTS = ("written", "collapsed", "lost", "malformed", "refused", "summary")


def samples(counts: Mapping[str, int], success: float) -> list[Sample]:
    """All results, also those that never came; `success` is the epoch second of the last good turn."""
    return [
        Sample(
            "ideolab_f2b_intake_lines",
            "Datagrams from nginx by what became of them.",
            "counter",
            ("result",),
            {(result,): float(counts.get(result, 0)) for result in RESULTS},
        ),
        Sample(
            "ideolab_f2b_last_success_timestamp_seconds",
            "When the job last did its work.",
            "gauge",
            ("job",),
            {("intake",): success},
        ),
        build_info("intake"),
    ]
