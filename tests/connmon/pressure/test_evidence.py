"""evidence: which numbers make a server busy, and which exhausted."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.pressure.evidence import Measure, judge
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, SlotUse

KNOWN = {"capacity": 512, "is_known": True}
UNKNOWN = {"capacity": 0, "is_known": False}
LEARNT = {"capacity": 509, "is_known": False}


def measure(slots: int, reusable: int = 0, waiting: int = 0, **more: object) -> Measure:
    return Measure(SlotUse(slots, reusable, waiting), **{**KNOWN, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "state"),
    [
        # nothing, and a usual day
        (measure(0), CALM),
        (measure(300, 40), CALM),
        # nginx recycles 456 idle connections of 512: it serves everybody
        (measure(456, 456), CALM),
        (measure(500, 456), BUSY),
        # what it cannot close
        (measure(358), CALM),
        (measure(359), BUSY),
        (measure(481), BUSY),
        (measure(482), EXHAUSTED),
        (measure(509, 400), BUSY),
        # a capacity that was only seen is no limit
        (measure(509, **LEARNT), CALM),
        (measure(509, **UNKNOWN), CALM),
        # half of the slots are those of upstreams
        (measure(254, upstreams=254), EXHAUSTED),
        (measure(6, upstreams=500), EXHAUSTED),
        (measure(254, upstreams=110), BUSY),
        (measure(254, upstreams=10), CALM),
        # a client that waits for its upstream looks idle, and cannot be closed
        (measure(254, 254, upstreams=254), EXHAUSTED),
        (measure(456, 456, upstreams=40), CALM),
        (measure(0, upstreams=None), CALM),
        # nginx's own words
        (measure(6, alert_age_s=0.0), EXHAUSTED),
        (measure(6, alert_age_s=3.0), EXHAUSTED),
        (measure(6, alert_age_s=3.1), CALM),
        (measure(6, alert_age_s=5.9, alert_counts_s=6.0), EXHAUSTED),
        (measure(6, alert_age_s=0.0, **UNKNOWN), EXHAUSTED),
        # the accept queue: twice, and for a second
        (measure(6, queue=3), CALM),
        (measure(6, waiting=1, queue=0), CALM),
        (measure(6, waiting=1, queue=3), BUSY),
        (measure(6, waiting=1, queue=3, has_waited=True, **UNKNOWN), EXHAUSTED),
        # most slots are free: nginx stands still, and nobody fills it
        (measure(179, waiting=1, queue=3, has_waited=True), BUSY),
        (measure(180, waiting=1, queue=3, has_waited=True), EXHAUSTED),
        # anybody can make a server abort: 1000 a second by clients that say goodbye late, or by garbage
        (measure(9, refusals_per_s=1000.0), CALM),
        (measure(9, refusals_per_s=1000.0, **UNKNOWN), CALM),
        (measure(300, refusals_per_s=1000.0, **UNKNOWN), CALM),
        (measure(9, refusals_per_s=1000.0, is_probe_refused=False), CALM),
        (measure(240, refusals_per_s=1000.0), CALM),
        (measure(241, refusals_per_s=1000.0), BUSY),
        (measure(241, refusals_per_s=0.4), CALM),
        (measure(359, refusals_per_s=1000.0), EXHAUSTED),
        (measure(359, refusals_per_s=1000.0, is_probe_refused=False), BUSY),
        (measure(359, 200, refusals_per_s=1000.0), CALM),
        # a connection of our own
        (measure(6, refusals_per_s=3.0, is_probe_refused=True), EXHAUSTED),
        (measure(6, refusals_per_s=3.0, is_probe_refused=True, **UNKNOWN), EXHAUSTED),
        (measure(6, is_probe_refused=True, **UNKNOWN), CALM),
    ],
)
def test_what_makes_a_state(found: Measure, state: str) -> None:
    """Each source by itself, and those that need another one."""
    assert judge(found)[0] == state


def test_the_worst_evidence_is_told() -> None:
    """A busy sign beside it does not hide it."""
    state, why = judge(measure(400, alert_age_s=1.2))

    assert (state, why) == (EXHAUSTED, "nginx has said 1 s ago that its worker_connections are not enough")


def test_a_calm_server_tells_its_numbers() -> None:
    """A capacity that was only seen is left out."""
    assert (
        judge(measure(3, 1))[1] == "3 of 512 slots are taken, 1 of them by connections that nginx may close"
    )
    assert judge(measure(3, 1, **UNKNOWN))[1] == (
        "3 slots are taken, 1 of them by connections that nginx may close"
    )
