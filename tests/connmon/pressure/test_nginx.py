"""The gauge on a real nginx with 512 slots, without its alerts, with a known capacity and without."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.capacity import UNKNOWN, Capacity
from ideolab_f2b.connmon.pressure.gauge import PressureGauge
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, Pressure
from tests.connmon.pressure.load import CONNECTIONS, Place, place

pytestmark = pytest.mark.root


class Gauges:
    """One gauge that knows the capacity, and one that does not."""

    def __init__(self, server: Place) -> None:
        self.place = server
        self._known = PressureGauge(443, Connmon(capacity=CONNECTIONS), alert=lambda: None)
        self._unknown = PressureGauge(
            443, Connmon(), alert=lambda: None, capacity=lambda _slots, _when: Capacity(0, UNKNOWN)
        )
        self.measure()

    def measure(self, *, reusable: bool = False) -> tuple[Pressure, Pressure]:
        use = self.place.use(reusable=reusable)
        with self.place.server.enter():
            now = time.monotonic()
            return self._known.measure(use, now), self._unknown.measure(use, now)


@pytest.fixture
def gauges() -> Iterator[Gauges]:
    with place("pressure") as made:
        yield Gauges(made)


def visit(gauges: Gauges, times: int, *, late_goodbye: bool = False) -> int:
    """Load so many pages, and return how many came."""
    return sum(gauges.place.visit("203.0.113.9", late_goodbye=late_goodbye) for _ in range(times))


def test_visitors_alone(gauges: Gauges) -> None:
    """An open connection is seen; nothing else is."""
    gauges.place.open(5, Place.idle)
    assert visit(gauges, 5) == 5
    # a visitor is told of the end before nginx closes
    wait_until(lambda: gauges.place.use(reusable=False).slots == 5, "the last visit is still open")

    for found in gauges.measure():
        assert (found.state, found.waiting, found.backlog) == (CALM, 0, 2 * 511), found.why
        # one of the visitors may still be leaving
        assert found.slots in (5, 6), found.why


def test_more_idle_connections_than_slots(gauges: Gauges) -> None:
    """nginx closes the oldest, and every visitor is served."""
    gauges.place.open(520, Place.idle)
    gauges.measure(reusable=True)
    assert visit(gauges, 20) == 20

    for found in gauges.measure(reusable=True):
        assert found.state != EXHAUSTED, found.why
        assert found.slots > 400


def test_half_hellos_take_all_slots(gauges: Gauges) -> None:
    """nginx cannot close them; visitors are refused, and both gauges know within two measures."""
    gauges.place.fill()
    first, _unknown = gauges.measure()
    assert visit(gauges, 20) == 0

    known, unknown = gauges.measure()

    assert (first.state, known.state, unknown.state) == (EXHAUSTED,) * 3, (first.why, known.why, unknown.why)
    assert unknown.why.endswith("connections a second are refused, a connection of our own too")
    assert (known.waiting, unknown.waiting) == (0, 0)


def test_event_streams_take_two_slots_each(gauges: Gauges) -> None:
    """Port 443 shows half of what nginx holds."""
    gauges.place.open(260, Place.events)

    known, _unknown = gauges.measure()

    assert (known.state, known.slots < 300) == (EXHAUSTED, True), known.why


def test_short_connections_look_like_no_full_server(gauges: Gauges) -> None:
    """Each one ends by the server's close, and half of the clients say goodbye after it: an abort."""
    stop = threading.Event()

    def load(number: int) -> None:
        while not stop.is_set():
            gauges.place.visit(f"203.0.113.{number}", late_goodbye=number % 2 == 0)

    threads = [threading.Thread(target=load, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(4):
            time.sleep(1.0)
            for found in gauges.measure():
                assert found.state != EXHAUSTED, found.why
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_worker_that_stands_still(gauges: Gauges) -> None:
    """Connections wait in the accept queue; where most slots are known to be free, it is no lack of slots."""
    states = []
    with gauges.place.stop_worker():
        gauges.place.open(5, Place.mute)
        for _ in range(2):
            time.sleep(2.0)
            states.append([found.state for found in gauges.measure()])

    assert states == [[BUSY, BUSY], [BUSY, EXHAUSTED]]


def test_a_full_server_recovers(gauges: Gauges) -> None:
    """Five seconds after the last evidence it is calm again."""
    attackers = gauges.place
    attackers.fill()
    assert gauges.measure()[0].state == EXHAUSTED

    attackers.close()
    deadline = time.monotonic() + 60
    while (found := gauges.measure()[0]).state != CALM:
        assert time.monotonic() < deadline, found.why
        time.sleep(0.5)
    assert visit(gauges, 5) == 5
