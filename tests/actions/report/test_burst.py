"""burst: the report waits for the end of a burst, and not for ever."""

from __future__ import annotations

import threading
import time

import pytest

from ideolab_f2b.actions.report import burst
from ideolab_f2b.actions.report.burst import Burst


def test_a_quiet_moment_is_due() -> None:
    """Bans that came meanwhile put it off once."""
    one = Burst()
    one.puts += 3
    assert not one.is_due()
    assert one.is_due()


def test_a_burst_puts_it_off_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next burst has its own time, whatever an earlier one has left."""
    clock = iter((100.0, 104.9, 105.0, 200.0, 201.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    one = Burst()
    found = []
    for came in (1, 1, 1, 0, 1):
        one.puts += came
        found.append(one.is_due())

    assert found == [False, False, True, True, False]


def test_a_rest_lasts_as_long_as_a_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with the burst, when it can wait no longer, and at a stop."""
    monkeypatch.setattr(burst, "STEP_S", 0.001)
    one, asked = Burst(), []

    def can_wait() -> bool:
        asked.append(True)
        one.puts += 1000 if len(asked) < 3 else 0
        return True

    one.rest(0.0, threading.Event(), can_wait)
    assert asked == []
    one.puts += 10_000_000
    one.rest(0.0, threading.Event(), can_wait)
    assert len(asked) == 3

    one.puts += 10_000_000
    one.rest(0.0, threading.Event(), lambda: False)
    stopped = threading.Event()
    stopped.set()
    one.puts += 10_000_000
    one.rest(60.0, stopped, can_wait)
    assert len(asked) == 4
