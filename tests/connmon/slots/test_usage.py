"""usage: what an address did in the last seconds, in bounded memory."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from ideolab_f2b.connmon.slots.usage import MOST, NOTHING, Usage, UsageWindow
from tests.connmon.slots.clients import V4, V6

SPAN_S = 60.0
ONE = Usage(8.0, 4.0, 2.0, 1.0)


def test_who_was_never_seen() -> None:
    """Nothing is known, and nobody is remembered by a question."""
    window = UsageWindow(SPAN_S)

    assert window.sum_up(V4, 1000.0) == NOTHING
    assert V4 not in window


@pytest.mark.parametrize("address", [V4, V6, V6 + bytes(7) + b"\1"], ids=["IPv4", "/64", "single IPv6"])
def test_sums_are_those_of_one_address(address: bytes) -> None:
    """Each of the four numbers adds up, for the address that it was added to."""
    window = UsageWindow(SPAN_S)
    window.add(address, ONE)
    window.add(address, Usage(1.0, 0.5, 0.25, 3.0))
    window.add(bytes(4), ONE)

    assert window.sum_up(address, 30.0) == Usage(9.0, 4.5, 2.25, 4.0)
    assert address in window


@pytest.mark.parametrize(
    ("when", "part"),
    [
        pytest.param(SPAN_S - 0.1, 1.0, id="before the span is over"),
        pytest.param(SPAN_S, 1.0, id="when it is over"),
        pytest.param(1.25 * SPAN_S, 0.75, id="a quarter later"),
        pytest.param(1.5 * SPAN_S, 0.5, id="half a span later"),
        pytest.param(1.9375 * SPAN_S, 0.0625, id="nearly two"),
        pytest.param(2 * SPAN_S, 0.0, id="two spans later"),
        pytest.param(9 * SPAN_S, 0.0, id="long after"),
    ],
)
def test_what_was_fades_over_one_span(when: float, part: float) -> None:
    """The span before counts by the part of it that is not over; snapshots come all the time."""
    window = UsageWindow(SPAN_S)
    window.add(V4, ONE)
    for moment in range(int(SPAN_S), int(when) + 1):
        window.advance(float(moment))
    window.advance(when)

    assert window.sum_up(V4, when) == pytest.approx(tuple(part * value for value in ONE))


def test_the_present_adds_to_what_was() -> None:
    """Half of what was, and all that is."""
    window = UsageWindow(SPAN_S)
    window.add(V4, ONE)
    window.advance(SPAN_S)
    window.add(V4, ONE)

    assert window.sum_up(V4, 1.5 * SPAN_S) == pytest.approx(tuple(1.5 * value for value in ONE))


@pytest.mark.parametrize("gap_s", [2 * SPAN_S, 1e9])
def test_a_long_gap_forgets_everything(gap_s: float) -> None:
    """Nothing of what was before two spans is what an address does now."""
    window = UsageWindow(SPAN_S)
    window.add(V4, ONE)
    window.advance(gap_s)

    assert window.sum_up(V4, gap_s) == NOTHING
    assert V4 not in window


def test_a_question_between_two_snapshots_never_subtracts() -> None:
    """A window that did not advance for long counts the past as nothing, not as less."""
    window = UsageWindow(SPAN_S)
    window.add(V4, ONE)
    window.advance(SPAN_S)

    assert window.sum_up(V4, 9 * SPAN_S) == NOTHING


def test_memory_is_bounded() -> None:
    """Of 100,000 addresses in each of two spans MOST are kept in each at most, and those that held much."""
    window = UsageWindow(SPAN_S)
    gc.collect()
    tracemalloc.start()
    try:
        for begin in (0.0, SPAN_S):
            window.advance(begin)
            window.add(V4, Usage(1000.0, 0.0, 0.0, 0.0))
            for number in range(2 * MOST):
                window.add(number.to_bytes(8, "big"), ONE)
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert len(window._now) <= MOST >= len(window._last)
    assert window.sum_up(V4, SPAN_S).held_s == 2000.0
    assert window.sum_up((2 * MOST - 1).to_bytes(8, "big"), SPAN_S).held_s >= ONE.held_s
    assert size < 32 * 2**20


def test_a_long_attack_is_counted_to_the_end() -> None:
    """A million slot-seconds, one by one: no sum stops to grow."""
    window = UsageWindow(SPAN_S)
    for _ in range(1000):
        window.add(V4, Usage(1000.0, 1000.0, 0.1, 1.0))

    assert window.sum_up(V4, 1.0) == pytest.approx((1e6, 1e6, 100.0, 1000.0, 0.0), rel=1e-4)
