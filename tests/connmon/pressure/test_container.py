"""container: how full a server in a container is, as far as the host sees it."""

from __future__ import annotations

import errno

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.container import measure_of
from ideolab_f2b.connmon.pressure.state import Pressure, SlotUse
from ideolab_f2b.kernel.sockets.listener import Listener


def measure(use: SlotUse, waiting: int = 0, capacity: int = 0, times: int = 1) -> Pressure:
    """Measure so many times, two seconds apart, and return the last."""
    gauge = measure_of(443, Connmon(capacity=capacity), lambda _port: [Listener(bytes(4), waiting, 511)])
    return [gauge(use, 2.0 * number) for number in range(times)][-1]


def test_without_a_capacity_nothing_is_calm() -> None:
    """What nginx of this host can hold says nothing of a container."""
    found = measure(SlotUse(3, 0, 0))

    assert (found.state, found.configured, found.backlog) == ("unknown", 0, 511)
    assert "capacity in f2b.conf" in found.why


@pytest.mark.parametrize(
    ("slots", "reusable", "state"),
    [
        (10, 0, "calm"),
        (34, 0, "calm"),
        (36, 0, "unknown"),
        (75, 0, "busy"),
        (98, 98, "busy"),
        (95, 0, "exhausted"),
    ],
)
def test_with_a_capacity_there_may_be_room(slots: int, reusable: int, state: str) -> None:
    """Upstreams are not to be seen: calm is what has room for a second slot of each connection."""
    assert measure(SlotUse(slots, reusable, 0), capacity=100).state == state


def test_the_accept_queue_is_seen() -> None:
    """The one thing that the kernel tells of any namespace."""
    use = SlotUse(64, 0, 5)

    assert measure(use, waiting=5).state == "busy"
    assert measure(use, waiting=5, times=3).state == "exhausted"


def test_a_queue_that_cannot_be_read_is_unknown() -> None:
    """And said."""

    def refuse(_port: int) -> list[Listener]:
        raise OSError(errno.ETIMEDOUT, "the kernel did not answer")

    found = measure_of(443, Connmon(), refuse)(SlotUse(0, 0, 0), 1.0)

    assert found.state == "unknown"
    assert "unknown: the accept queue (" in found.why
