"""The time of one turn, and its rests."""

from __future__ import annotations

from time import monotonic, thread_time

import pytest

from ideolab_accesslog.traship.turn import PIECE_S, REST_MAX_S, Turn


def test_a_turn_rests_after_each_piece() -> None:
    """Four times as long as it has worked."""
    used = iter([1.0, 1.0 + PIECE_S / 2, 1.0 + 2 * PIECE_S, 2.0, 2.0])
    paused: list[float] = []
    turn = Turn(10.0, used=lambda: next(used), pause=paused.append, now=lambda: 0.0)

    turn.rest()
    assert paused == []
    turn.rest()
    assert paused == [pytest.approx(8 * PIECE_S)]
    turn.rest()
    assert len(paused) == 1


def test_no_rest_is_long() -> None:
    """A query of a second, or the work of all other greenlets, is no reason to wait four."""
    used = iter([0.0, 1.0, 1.0])
    paused: list[float] = []
    Turn(10.0, used=lambda: next(used), pause=paused.append, now=lambda: 0.0).rest()

    assert paused == [REST_MAX_S]


def test_a_turn_has_an_end() -> None:
    """And none at the end of the process: everything is stored then, without rests."""
    clock = iter([5.0, 5.3, 5.4])
    turn = Turn(0.4, now=lambda: next(clock))
    assert [turn.is_over(), turn.is_over()] == [False, True]

    paused: list[float] = []
    last = Turn(used=lambda: 9.0, pause=paused.append)
    last.rest()
    assert not last.is_over() and paused == []


def test_the_share_of_the_processor() -> None:
    """Of a thread that always has work."""
    began, used = monotonic(), thread_time()
    turn = Turn(0.3)
    while not turn.is_over():
        sum(range(500))
        turn.rest()

    assert (thread_time() - used) / (monotonic() - began) < 0.3
