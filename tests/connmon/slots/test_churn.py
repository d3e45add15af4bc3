"""churn: half hellos that are given up before they are old enough."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ideolab_f2b.connmon.phases.counts import Memory, SnapshotCounts, count
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED
from ideolab_f2b.connmon.slots.churn import HELD_PER_HELLO, find_churn
from ideolab_f2b.connmon.slots.history import NOW_S, SlotHistory
from ideolab_f2b.kernel.sockets.row import SYN_RECV, Row
from tests.connmon.crowd import connection, half_hello, served
from tests.connmon.slots.clients import BOTH, ME, ME6, V4, V6, nobody

LIMIT, STEP_S = 8, 5.0


def watched(
    rows: Iterable[Row], state: str = CALM, span_s: float = NOW_S
) -> tuple[SnapshotCounts, SlotHistory]:
    """The last snapshot of a crowd that is the same all the time, and what was noted of it."""
    history, kept, at, memory = SlotHistory(), list(rows), 1000.0, Memory(995.0)
    seen = SnapshotCounts()
    for _ in range(round(span_s / STEP_S)):
        at += STEP_S
        seen = count(kept, at, memory, (), 8000, 3000)
        memory = seen.memory
        history.note(seen, at, STEP_S, state)
    return seen, history


def found(rows: Iterable[Row], state: str = CALM, span_s: float = NOW_S) -> dict[bytes, str]:
    seen, history = watched(rows, state, span_s)
    return dict(find_churn(seen, history, seen.memory.when, LIMIT, nobody))


def hellos(text: str, number: int, age_s: float = 3.0) -> list[Row]:
    return [half_hello(text, age_s=age_s) for _ in range(number)]


@BOTH
@pytest.mark.parametrize("state", [CALM, BUSY, EXHAUSTED])
@pytest.mark.parametrize(("number", "is_found"), [(LIMIT - 1, False), (LIMIT, True)])
def test_half_hellos_for_a_minute(text: str, name: bytes, state: str, number: int, is_found: bool) -> None:
    """As many as the limit, each of them young, at all snapshots of a minute."""
    assert (name in found(hellos(text, number), state)) == is_found


def test_the_reason() -> None:
    """What is seen now, and what the last minute was."""
    assert found(hellos(ME, 8))[V4] == (
        "8 of 8 connections sent only part of a TLS hello; in the last minute 8 such on "
        "average; it got 0 answers in ten minutes"
    )


@pytest.mark.parametrize(("number", "is_found"), [(LIMIT, False), (2 * LIMIT, True)])
def test_it_is_the_slot_time_that_counts(number: int, is_found: bool) -> None:
    """Half a minute of twice as many is as much."""
    assert bool(found(hellos(ME, number), span_s=NOW_S / 2)) == is_found


def test_hellos_of_a_moment_are_none() -> None:
    """A hello that is younger than a second may be on its way."""
    assert found(hellos(ME, 100, age_s=0.9)) == {}


def test_who_says_no_hello_now_is_not_named() -> None:
    """What was is over."""
    _seen, history = watched(hellos(ME, 100))
    last = count([], 1065.0, Memory(1060.0), (), 8000, 3000)

    assert dict(find_churn(last, history, 1065.0, LIMIT, nobody)) == {}


@pytest.mark.parametrize(
    ("others", "is_found"),
    [((HELD_PER_HELLO - 1) * 2 * LIMIT, True), ((HELD_PER_HELLO - 1) * 2 * LIMIT + 1, False)],
)
def test_a_nat_always_loses_a_few(others: int, is_found: bool) -> None:
    """One of HELD_PER_HELLO slots."""
    crowd = [*hellos(ME, 2 * LIMIT), *(served(ME, age_s=20) for _ in range(others))]

    assert bool(found(crowd)) == is_found


@pytest.mark.parametrize(("answers", "is_found"), [(2 * LIMIT, True), (2 * LIMIT + 1, False)])
def test_who_is_answered_is_spared(answers: int, is_found: bool) -> None:
    """On more connections than it leaves half open."""
    crowd = [*hellos(ME, 2 * LIMIT), *(served(ME, 9, age_s=0.5) for _ in range(answers))]

    # seen in each of the twelve snapshots of a minute
    assert bool(found(crowd)) == is_found


def test_who_is_exempt_is_spared() -> None:
    """Our own monitoring may do what it likes."""
    seen, history = watched([*hellos(ME, 2 * LIMIT), *hellos(ME6, 2 * LIMIT)])

    assert list(find_churn(seen, history, seen.memory.when, LIMIT, V4.__eq__)) == [
        *find_churn(seen, history, seen.memory.when, LIMIT, lambda name: name != V6)
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(connection(ME, age_s=3.0), id="silent"),
        pytest.param(half_hello(ME, age_s=3.0, state=SYN_RECV, inode=0), id="half open"),
        pytest.param(half_hello(ME, age_s=3.0, inode=0), id="not accepted"),
        pytest.param(half_hello(ME, age_s=3.0, rqueue=300), id="not read by nginx"),
        pytest.param(served(ME, age_s=3.0), id="served"),
    ],
)
def test_what_is_no_half_hello(row: Row) -> None:
    """Silence, and what nginx has not read, are no fault of a hello."""
    assert found([row] * 100) == {}
