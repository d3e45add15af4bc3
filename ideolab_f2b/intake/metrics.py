"""The samples of ideolab_intake.prom: datagrams of nginx by result. Pure; no address as a label."""

from __future__ import annotations

from collections.abc import Mapping

from ideolab_f2b.metrics import Sample, build_info

#: the results of a datagram: written; counted in a summary; spared, for its client is served; not written,
#: for no filter reads it, the log's budget is used up, or the disk is full; no line of nginx's; refused, for
#: it is too long or of a user who is no sender; an answered request; and the summaries themselves
RESULTS = (
    "written",
    "collapsed",
    "spared",
    "unread",
    "over_budget",
    "lost",
    "malformed",
    "refused",
    "served",
    "summary",
)


def samples(counts: Mapping[str, int], success: float) -> list[Sample]:
    """Return all results, also those that never came; `success` is when the last good batch was (epoch s)."""
    return [
        Sample(
            "ideolab_f2b_intake_lines",
            "Datagrams from nginx by what became of them.",
            "counter",
            ("result",),
            {(result,): float(counts.get(result, 0)) for result in RESULTS},
        ),
        Sample(
            "ideolab_f2b_nginx_alerts",
            "Times that nginx said that it has no connection or descriptor left.",
            "counter",
            (),
            {(): float(counts.get("alerts", 0))},
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
