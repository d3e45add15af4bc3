"""answered: who was answered of late."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.slots import answered
from ideolab_f2b.connmon.slots.answered import AnsweredAddresses


def test_for_one_span_to_two() -> None:
    """It is remembered for at least a span, and for less than two."""
    one = AnsweredAddresses(60.0)
    one.note([b"a"], 59.0)
    one.note([b"b"], 61.0)
    assert (b"a" in one, b"b" in one, b"c" in one) == (True, True, False)

    one.note([], 118.0)
    assert b"a" in one
    one.note([], 121.0)
    assert (b"a" in one, b"b" in one) == (False, True)


def test_a_long_gap() -> None:
    """Nobody saw anything for long."""
    one = AnsweredAddresses(60.0)
    one.note([b"a"], 10.0)
    one.note([b"b"], 130.0)
    assert (b"a" in one, b"b" in one) == (False, True)


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of addresses makes the spans shorter, and hides nobody who comes later."""
    monkeypatch.setattr(answered, "MOST", 2)
    one = AnsweredAddresses(60.0)
    for name in (b"a", b"b", b"c", b"d", b"e"):
        one.note([name], 1.0)
    assert [name in one for name in (b"a", b"b", b"c", b"d", b"e")] == [False, False, True, True, True]
