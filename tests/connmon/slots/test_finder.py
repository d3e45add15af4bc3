"""finder: suspects by slot time, in each state of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import Memory, count
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, UNKNOWN, Pressure
from ideolab_f2b.connmon.slots.finder import (
    LONGEST_GAP_S,
    QUIET_PER_ANSWER,
    UNEXPLAINED_AFTER_S,
    SlotFinder,
    SlotSuspects,
)
from ideolab_f2b.connmon.slots.history import NOW_S
from ideolab_f2b.connmon.slots.holders import FEW, FIRST_S, GROWN_AFTER_S, LEAST, UNANSWERED_S
from ideolab_f2b.kernel.sockets.row import Row
from tests.connmon.crowd import half_hello, held, served
from tests.connmon.slots.clients import BOTH, ME, ME6, V4, V6, nobody

SETTINGS = Connmon()
NOTHING = SlotSuspects({}, {})


def pressure(state: str, since: float, capacity: int = 512) -> Pressure:
    return Pressure(state, 0, capacity, "setting", 0, 0, "made up", since)


def watched(
    rows: Iterable[Row],
    state: str,
    span_s: float,
    is_exempt: Callable[[bytes], bool] = nobody,
    begin: float = 60.0,
) -> SlotSuspects:
    """What is found last of a crowd that is the same once a second; the state holds all the time."""
    finder, kept, memory = SlotFinder(SETTINGS), list(rows), Memory()
    found = NOTHING
    for number in range(int(span_s) + 1):
        at = begin + number
        seen = count(kept, at, memory, (), 8000, 3000, with_unanswered=True)
        memory = seen.memory
        now = pressure(state, begin)
        finder.note(seen, now, at)
        found = finder.find(seen, now, is_exempt)
    return found


def hellos(text: str, number: int) -> list[Row]:
    return [half_hello(text, age_s=3.0) for _ in range(number)]


def slow(text: str, number: int) -> list[Row]:
    return [held(text, 2300, 30.0) for _ in range(number)]


def quiet(text: str, number: int) -> list[Row]:
    return [served(text, age_s=20.0) for _ in range(number)]


@BOTH
@pytest.mark.parametrize("state", [CALM, BUSY, EXHAUSTED, UNKNOWN])
def test_half_hellos_are_found_in_every_state(text: str, name: bytes, state: str) -> None:
    """They have no honest reason; the ban is the jail's."""
    found = watched(hellos(text, SETTINGS.th_hostile_ip), state, NOW_S)

    assert ([*found.reasons], found.ttls) == ([name], {})


@BOTH
@pytest.mark.parametrize(
    ("state", "is_found"), [(CALM, False), (BUSY, False), (UNKNOWN, False), (EXHAUSTED, True)]
)
@pytest.mark.parametrize(("make", "has_ttl"), [(slow, False), (quiet, True)], ids=["slow readers", "silent"])
def test_holders_are_found_where_there_is_no_room(
    text: str, name: bytes, state: str, is_found: bool, make: Callable[[str, int], list[Row]], has_ttl: bool
) -> None:
    """With room for everybody nobody is in the way; who may be honest is banned for a short time."""
    found = watched(make(text, 300), state, UNANSWERED_S + FIRST_S)

    assert [*found.reasons] == [name] * is_found
    assert found.ttls == ({name: SETTINGS.opened_ahead_ttl} if is_found and has_ttl else {})


@pytest.mark.parametrize(
    ("make", "number", "span_s"),
    [
        pytest.param(hellos, 100, NOW_S, id="half hellos"),
        pytest.param(slow, 300, UNANSWERED_S, id="slow readers"),
        pytest.param(quiet, 300, 2 * GROWN_AFTER_S, id="silent"),
    ],
)
def test_who_is_exempt_is_never_found(
    make: Callable[[str, int], list[Row]], number: int, span_s: float
) -> None:
    """In a full server neither."""
    assert watched(make(ME, number), EXHAUSTED, span_s, lambda _name: True).reasons == {}


@pytest.mark.parametrize("begin", [1.0, 60.0, 1e6])
def test_the_first_snapshot_says_nothing(begin: float) -> None:
    """connmon may have been started a moment ago: nobody knows for how long anything has been so."""
    for state in (CALM, EXHAUSTED, UNKNOWN):
        assert watched([*hellos(ME, 100), *slow(ME6, 100)], state, 0, begin=begin) == NOTHING


def test_a_first_second_is_a_second() -> None:
    """Slot time begins with the first snapshot."""
    assert watched(slow(ME, FEW), EXHAUSTED, UNANSWERED_S / FEW - 1).reasons == {}
    assert [*watched(slow(ME, FEW), EXHAUSTED, UNANSWERED_S / FEW).reasons] == [V4]


@pytest.mark.parametrize(
    ("state", "span_s", "is_unexplained"),
    [
        pytest.param(EXHAUSTED, UNEXPLAINED_AFTER_S - 1, False, id="not yet"),
        pytest.param(EXHAUSTED, UNEXPLAINED_AFTER_S, True, id="full"),
        pytest.param(BUSY, UNEXPLAINED_AFTER_S, False, id="busy"),
        pytest.param(CALM, UNEXPLAINED_AFTER_S, False, id="calm"),
        pytest.param(UNKNOWN, UNEXPLAINED_AFTER_S, False, id="a saved text"),
    ],
)
def test_a_full_server_without_holders(state: str, span_s: float, is_unexplained: bool) -> None:
    """Somebody should have been found by then: a person must look."""
    crowd = quiet(ME, LEAST)

    assert watched(crowd, state, span_s).is_unexplained == is_unexplained
    assert not watched([*crowd, *slow(ME6, 100)], state, span_s).is_unexplained


@pytest.mark.parametrize(
    ("quiet_now", "is_answered"),
    [(0, True), (20, True), (20 * QUIET_PER_ANSWER, True), (20 * QUIET_PER_ANSWER + 1, False)],
)
def test_who_was_answered(quiet_now: int, is_answered: bool) -> None:
    """Often enough in the last ten minutes for the quiet connections of now."""
    finder = SlotFinder(SETTINGS)
    for at in (60.0, 61.0):
        seen = count([served(ME, 9, age_s=0.5) for _ in range(10)], at, Memory(at - 1.0), (), 8000, 3000)
        finder.note(seen, pressure(CALM, 60.0), at)

    assert finder.is_answered(V4, [quiet_now, *[0] * 10]) == is_answered
    assert finder.is_answered(V4, [0, 0, quiet_now, *[0] * 8]) == is_answered
    # what is no hostile phase does not count
    assert finder.is_answered(V4, [0] * 5 + [quiet_now] * 6)


def test_who_was_never_answered() -> None:
    """Silence is no answer, nor is nobody."""
    finder = SlotFinder(SETTINGS)
    finder.note(count(quiet(ME, 30), 60.0, Memory(55.0), (), 8000, 3000), pressure(CALM, 60.0), 60.0)

    assert not finder.is_answered(V4, [0] * 11)
    assert not finder.is_answered(V6, [1] * 11)


@pytest.mark.parametrize("gap_s", [2 * LONGEST_GAP_S, 60.0])
def test_a_long_gap_is_no_slot_time(gap_s: float) -> None:
    """After a clock that was set, or a host that slept, only the last seconds count."""
    finder = SlotFinder(SETTINGS)
    for at in (60.0, 60.0 + gap_s):
        seen = count(slow(ME, FEW), at, Memory(at - 1.0), (), 8000, 3000)
        finder.note(seen, pressure(EXHAUSTED, 60.0), at)

    assert finder._history.now.sum_up(V4, 60.0 + gap_s).held_s == pytest.approx(FEW * LONGEST_GAP_S)
