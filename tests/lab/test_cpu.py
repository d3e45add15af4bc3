"""What counts as too slow."""

from __future__ import annotations

import sys
from time import process_time

from tests.lab import cpu


def spin(seconds: float) -> None:
    end = process_time() + seconds
    while process_time() < end:
        pass


def test_a_call_that_is_always_slow() -> None:
    """Also on a machine that is slower than the reference."""
    assert cpu.is_over(lambda: spin(0.002 * 100), 0.002, tries=2)
    assert not cpu.is_over(lambda: None, 0.002)


def test_one_slow_call_is_chance() -> None:
    """The least of several counts."""
    times = iter((0.3, 0.0))
    assert not cpu.is_over(lambda: spin(next(times)), 0.002, tries=2)


def test_no_tracer_is_measured() -> None:
    """It comes back afterwards."""
    before = sys.gettrace()
    seen: list[object] = []
    cpu.measure(lambda: seen.append(sys.gettrace()))
    assert seen == [None] and sys.gettrace() is before
