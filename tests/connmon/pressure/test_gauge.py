"""gauge: states over time, from answers that the test gives."""

from __future__ import annotations

from typing import Optional, TypeVar

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.capacity import Capacity
from ideolab_f2b.connmon.pressure.gauge import ALWAYS_CALM, ALWAYS_EXHAUSTED, PressureGauge
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, Pressure, SlotUse
from ideolab_f2b.kernel.sockets.listener import Listener

_Answer = TypeVar("_Answer")


class Server:
    """What the kernel and nginx say of a server; each attribute can be an error instead."""

    def __init__(self) -> None:
        self.waiting = [0, 0]
        self.capacity = Capacity(512, "nginx")
        self.alert_age_s: Optional[float] = None
        self.aborts = 0
        self.upstreams: Optional[int] = 0
        self.in_use = 20
        self.probe: Optional[bool] = False
        self.probes = self.upstreams_read = 0
        self.error: Optional[Exception] = None

    def gauge(self) -> PressureGauge:
        return PressureGauge(
            443, Connmon(),
            listeners=lambda _port: self._say([Listener(bytes(4), one, 511) for one in self.waiting]),
            capacity=lambda _slots, _when: self._say(self.capacity),
            alert=lambda: self._say(self.alert_age_s),
            aborts=lambda: self._say(self.aborts),
            upstreams=lambda _port: self._read_upstreams(),
            in_use=lambda: self._say(self.in_use),
            probe=lambda _listener, _port: self._try(),
        )  # fmt: skip

    def _say(self, answer: _Answer) -> _Answer:
        if self.error:
            raise self.error
        return answer

    def _read_upstreams(self) -> Optional[int]:
        self.upstreams_read += 1
        return self._say(self.upstreams)

    def _try(self) -> Optional[bool]:
        self.probes += 1
        return self.probe


@pytest.fixture
def server() -> Server:
    return Server()


def test_all_that_is_known_of_a_calm_server(server: Server) -> None:
    """Several listeners add up; the state holds since the first measure."""
    gauge = server.gauge()
    server.waiting = [1, 2]

    first, second = gauge.measure(SlotUse(40, 30, 0), 100.0), gauge.measure(SlotUse(41, 30, 0), 105.0)

    why = "40 of 512 slots are taken, 30 of them by connections that nginx may close"
    assert first == Pressure(CALM, 40, 512, "nginx", 3, 1022, why, 100.0)
    assert (second.state, second.slots, second.since) == (CALM, 41, 100.0)


def test_a_state_rises_at_once_and_falls_after_five_seconds(server: Server) -> None:
    """The last evidence counts, and what there is evidence of then."""
    gauge, states = server.gauge(), []
    for when, slots in ((0, 10), (1, 500), (2, 10), (5, 10), (6, 400), (10, 10), (11, 10), (12, 10)):
        found = gauge.measure(SlotUse(slots, 0, 0), 100.0 + when)
        states.append((found.state, found.since - 100.0))

    assert states == [
        (CALM, 0), (EXHAUSTED, 1), (EXHAUSTED, 1), (EXHAUSTED, 1), (BUSY, 6), (BUSY, 6), (CALM, 11),
        (CALM, 11),
    ]  # fmt: skip


def test_a_state_that_only_lasts_says_so(server: Server) -> None:
    """Its numbers are those of now."""
    gauge = server.gauge()
    gauge.measure(SlotUse(500, 0, 0), 1.0)

    assert gauge.measure(SlotUse(10, 0, 0), 2.0).why == (
        "exhausted until 5 s have passed without a sign of it; 10 of 512 slots are taken, 0 of them by "
        "connections that nginx may close"
    )


def test_connections_wait_at_two_measures(server: Server) -> None:
    """For a second between both; once is a burst, and those that wait for less than a second are none."""
    gauge = server.gauge()
    server.waiting = [3, 0]
    waiting, none = SlotUse(300, 0, 2), SlotUse(300, 0, 0)

    measures = ((0.0, none), (5.0, waiting), (5.5, waiting), (6.0, waiting), (11.0, none), (12.0, waiting))
    states = [gauge.measure(use, when).state for when, use in measures]

    assert states == [CALM, BUSY, BUSY, EXHAUSTED, CALM, BUSY]


def test_an_alert_counts_as_long_as_nobody_has_looked(server: Server) -> None:
    """Snapshots are further apart than three seconds; a full nginx makes an alert for each visitor."""
    gauge = server.gauge()
    # of before the start
    server.alert_age_s = 50.0
    assert gauge.measure(SlotUse(9, 0, 0), 100.0).state == CALM

    server.alert_age_s = 6.5
    assert gauge.measure(SlotUse(9, 0, 0), 105.0).state == CALM
    server.alert_age_s = 5.5
    assert gauge.measure(SlotUse(9, 0, 0), 110.0).state == EXHAUSTED


def test_refusals_need_our_own(server: Server) -> None:
    """A stranger can make any number of the first, and none of the second."""
    gauge = server.gauge()
    server.capacity = Capacity(0, "unknown")
    gauge.measure(SlotUse(9, 0, 0), 0.0)
    server.aborts = 5000
    assert (gauge.measure(SlotUse(9, 0, 0), 5.0).state, server.probes) == (CALM, 2)

    server.aborts, server.probe = 5010, True
    found = gauge.measure(SlotUse(9, 0, 0), 10.0)

    assert (found.state, found.why) == (
        EXHAUSTED, "2 connections a second are refused, a connection of our own too",
    )  # fmt: skip


def test_a_server_that_never_holds_a_silent_connection(server: Server) -> None:
    """Its refusal says nothing."""
    gauge = server.gauge()
    server.probe, server.capacity = True, Capacity(0, "unknown")
    states = []
    for when in range(0, 200, 5):
        server.aborts += 50
        states.append(gauge.measure(SlotUse(9, 0, 0), float(when)).state)

    assert set(states) == {CALM}


def test_in_peace_there_is_one_probe(server: Server) -> None:
    """It says that the server holds a silent connection."""
    gauge = server.gauge()
    for when in range(0, 600, 5):
        gauge.measure(SlotUse(9, 0, 0), float(when))

    assert server.probes == 1


def test_upstreams_are_read_when_they_can_matter(server: Server) -> None:
    """With fewer sockets in use on the whole host than make a server busy, nobody needs to count them."""
    gauge = server.gauge()
    gauge.measure(SlotUse(250, 0, 0), 0.0)
    assert server.upstreams_read == 0

    server.in_use, server.upstreams = 520, 250
    found = gauge.measure(SlotUse(250, 0, 0), 5.0)

    assert (found.state, server.upstreams_read) == (EXHAUSTED, 1)


def test_what_cannot_be_read_is_told(server: Server) -> None:
    """Nothing raises, whatever the error; the numbers of the snapshot remain."""
    gauge = server.gauge()
    server.error = RuntimeError("no")

    found = gauge.measure(SlotUse(9, 0, 0), 0.0)

    assert found == Pressure(
        CALM, 9, 0, "unknown", 0, 0,
        "9 slots are taken, 0 of them by connections that nginx may close; unknown: the accept queue (no), "
        "the capacity (no), the aborted connections (no), nginx's alert (no)",
        0.0,
    )  # fmt: skip


def test_the_readers_of_this_host_work() -> None:
    """On a port where nobody listens there is nothing to find."""
    found = PressureGauge(9, Connmon(capacity=77)).measure(SlotUse(0, 0, 0), 5.0)

    assert (found.state, found.capacity, found.capacity_source, found.waiting) == (CALM, 77, "setting", 0)


def test_a_state_can_be_given() -> None:
    """For saved texts, which have no server."""
    use = SlotUse(9, 0, 0)

    assert (ALWAYS_CALM(use, 1.0).state, ALWAYS_EXHAUSTED(use, 1.0).state) == (CALM, EXHAUSTED)
    assert ALWAYS_CALM(use, 1.0).slots == 9
