"""history: slot time from snapshot to snapshot, and what was held when there was room."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable

import pytest

from ideolab_f2b.connmon.phases.counts import Memory, SnapshotCounts, count
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, UNKNOWN
from ideolab_f2b.connmon.slots.history import (
    CALM_CONNECTIONS,
    CALM_EVERY_S,
    CALM_S,
    CALM_SNAPSHOTS,
    KNOWN_S,
    LEAST_BEFORE,
    NOW_S,
    ROOM_KNOWN,
    SHORT_CONNECTIONS,
    SlotHistory,
)
from ideolab_f2b.connmon.slots.usage import MOST, NOTHING, Usage
from ideolab_f2b.kernel.sockets.row import SYN_RECV, Row
from tests.connmon.crowd import connection, half_hello, held, served
from tests.connmon.slots.clients import BOTH, ME, V4

GAP_S = 5.0


def seen(rows: Iterable[Row], when: float = 1000.0) -> SnapshotCounts:
    return count(rows, when, Memory(when - GAP_S), (), 8000, 3000, with_unanswered=True)


def noted(rows: Iterable[Row], state: str, when: float = 1000.0) -> SlotHistory:
    history = SlotHistory()
    history.note(seen(rows, when), when, GAP_S, state)
    return history


@BOTH
@pytest.mark.parametrize("state", [CALM, UNKNOWN])
def test_a_calm_server_notes_half_hellos_only(text: str, name: bytes, state: str) -> None:
    """The slots of those who say half hellos are noted with them; nothing of anybody else is."""
    rows = [
        half_hello(text, age_s=2.0),
        half_hello(text, age_s=9.0),
        *(served(text, age_s=9) for _ in range(6)),
    ]

    assert noted(rows, state).now.sum_up(name, 1000.0) == Usage(8 * GAP_S, 2 * GAP_S, 2 * GAP_S, 0.0)
    assert noted(rows[2:], state).now.sum_up(name, 1000.0) == NOTHING


@BOTH
@pytest.mark.parametrize("state", [BUSY, EXHAUSTED])
def test_a_server_short_of_room_notes_all_slots(text: str, name: bytes, state: str) -> None:
    """What waits for the client or for us is told from what rests."""
    rows = [
        half_hello(text, age_s=2.0),
        held(text, 2300, 30.0),
        served(text, lastsnd_ms=9000, lastrcv_ms=3000),
        *(served(text, age_s=9) for _ in range(5)),
    ]

    assert noted(rows, state).now.sum_up(name, 1000.0) == Usage(8 * GAP_S, 3 * GAP_S, GAP_S, 0.0)


@BOTH
@pytest.mark.parametrize(
    ("slots", "held_s"), [(SHORT_CONNECTIONS - 1, 0.0), (SHORT_CONNECTIONS, SHORT_CONNECTIONS * GAP_S)]
)
def test_who_has_few_slots_is_not_noted(text: str, name: bytes, slots: int, held_s: float) -> None:
    """A visitor with one connection is no matter of slot time."""
    rows = [served(text, age_s=9) for _ in range(slots)]

    assert noted(rows, EXHAUSTED).now.sum_up(name, 1000.0).held_s == held_s


@pytest.mark.parametrize("fields", [{"state": SYN_RECV, "inode": 0}, {"inode": 0}], ids=["SYN", "unaccepted"])
@pytest.mark.parametrize("state", [CALM, BUSY, EXHAUSTED])
def test_what_a_forged_source_can_cause_is_no_slot(fields: dict[str, int], state: str) -> None:
    """Nothing is held, now or when there was room, by connections that nginx does not have."""
    history = noted([connection(ME, age_s=9, **fields) for _ in range(100)], state)

    assert history.now.sum_up(V4, 1000.0) == NOTHING
    assert history.count_before(V4, 1000.0) == 0


def exchanging(text: str, count: int) -> list[Row]:
    """Connections on which both sides spoke in the last second, and not for the first time."""
    return [served(text, 9, age_s=0.5) for _ in range(count)]


@BOTH
@pytest.mark.parametrize(
    ("slots", "answers"), [(CALM_CONNECTIONS - 1, 0.0), (CALM_CONNECTIONS, float(CALM_CONNECTIONS))]
)
def test_answers_of_large_addresses_are_known(text: str, name: bytes, slots: int, answers: float) -> None:
    """Everybody's answers would be too many to remember."""
    history = noted(exchanging(text, slots), CALM)

    assert history.known.sum_up(name, 1000.0).answers == answers
    assert history.now.sum_up(name, 1000.0).answers == 0.0


@pytest.mark.parametrize(
    ("state", "answers"), [(CALM, 0.0), (BUSY, float(CALM_CONNECTIONS)), (EXHAUSTED, float(CALM_CONNECTIONS))]
)
def test_answers_count_against_slots_where_slots_are_noted(state: str, answers: float) -> None:
    """While the server is calm no slots are noted, so no answers are for them."""
    assert noted(exchanging(ME, CALM_CONNECTIONS), state).now.sum_up(V4, 1000.0).answers == answers


def test_who_is_known_stays_so_with_fewer_connections() -> None:
    """A pool that shrinks goes on to be answered."""
    history = noted(exchanging(ME, CALM_CONNECTIONS), CALM)
    history.note(seen(exchanging(ME, 1), 1005.0), 1005.0, GAP_S, CALM)

    assert history.known.sum_up(V4, 1005.0).answers == CALM_CONNECTIONS + 1


def test_the_windows_rotate() -> None:
    """What was known is forgotten after two spans of ten minutes, what happens now after two minutes."""
    history = noted([*exchanging(ME, CALM_CONNECTIONS), half_hello(ME, age_s=2.0)], CALM)
    at = 1000.0
    while at < 1000.0 + 2 * NOW_S:
        at += GAP_S
        history.note(seen([], at), at, GAP_S, CALM)
    assert history.now.sum_up(V4, at) == NOTHING
    assert history.known.sum_up(V4, at).answers > 0
    while at < 1000.0 + 2 * KNOWN_S:
        at += GAP_S
        history.note(seen([], at), at, GAP_S, CALM)
    assert history.known.sum_up(V4, at) == NOTHING


def test_no_time_passes_while_the_clock_stands() -> None:
    """A clock that was set back makes a gap of 0: nobody held anything in it."""
    history = SlotHistory()
    history.note(seen([half_hello(ME, age_s=2.0)]), 1000.0, 0.0, EXHAUSTED)

    assert history.now.sum_up(V4, 1000.0) == NOTHING


@BOTH
@pytest.mark.parametrize(("slots", "before"), [(LEAST_BEFORE, 0), (LEAST_BEFORE + 1, LEAST_BEFORE + 1)])
def test_what_was_held_when_there_was_room(text: str, name: bytes, slots: int, before: int) -> None:
    """It is remembered of those that held much."""
    history = noted([served(text, age_s=9) for _ in range(slots)], CALM)

    assert history.count_before(name, 1000.0) == before


@pytest.mark.parametrize("state", [CALM, BUSY, EXHAUSTED])
def test_a_full_server_is_no_measure_of_what_was(state: str) -> None:
    """What is held while there is no room never counts as what was there before."""
    history = noted([served(ME, age_s=9) for _ in range(20)], CALM)
    for number in range(1, CALM_SNAPSHOTS + 1):
        at = 1000.0 + number * CALM_EVERY_S
        history.note(seen([served(ME, age_s=9) for _ in range(50)], at), at, CALM_EVERY_S, state)

    assert history.count_before(V4, at) == (20 if state == EXHAUSTED else 50)


def test_snapshots_that_come_often_are_not_what_was() -> None:
    """A server that runs out of room is looked at once a second: an attack that grows must not look old."""
    history = noted([served(ME, age_s=9) for _ in range(20)], CALM)
    for number in range(1, int((CALM_SNAPSHOTS - 1) * CALM_EVERY_S)):
        at = 1000.0 + number
        history.note(seen([served(ME, age_s=9) for _ in range(20 + number)], at), at, 1.0, BUSY)

    assert history.count_before(V4, at) == 20


def test_what_was_held_is_bounded() -> None:
    """Of the large addresses of a snapshot ROOM_KNOWN are kept."""
    phases = {number.to_bytes(4, "big"): [9] * 11 for number in range(ROOM_KNOWN + 10_000)}
    history = SlotHistory()
    history.note(SnapshotCounts(phases), 1000.0, 1.0, CALM)

    assert [len(one) for one in history._calm] == [ROOM_KNOWN]


@pytest.mark.parametrize(("after_s", "before"), [(CALM_S, 20), (CALM_S + 1, 0)])
def test_what_was_long_ago_counts_no_more(after_s: float, before: int) -> None:
    """A server that is full for so long has no calm to be compared with."""
    history = noted([served(ME, age_s=9) for _ in range(20)], CALM)

    assert history.count_before(V4, 1000.0 + after_s) == before


def test_a_server_that_was_never_calm() -> None:
    """connmon was started in the middle of an attack."""
    assert noted([served(ME, age_s=9) for _ in range(20)], EXHAUSTED).count_before(V4, 1000.0) == 0


@pytest.mark.long
def test_memory_is_bounded() -> None:
    """100,000 addresses with a half hello and nine connections: MOST are kept in each half of a window."""
    rows = SnapshotCounts()
    for number in range(2 * MOST):
        address = number.to_bytes(8, "big")
        rows.phases[address] = [0, 1, 0, 0, 0, 0, CALM_CONNECTIONS, 0, 0, 0, 0]
        rows.unanswered_hellos.append(address)
        rows.exchanges.append(address)
    history = SlotHistory()
    gc.collect()
    tracemalloc.start()
    try:
        for at in (0.0, KNOWN_S, KNOWN_S + NOW_S):
            history.note(rows, at, GAP_S, CALM)
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    for window in (history.now, history.known):
        assert (len(window._now), len(window._last)) == (MOST, MOST)
    assert len(history._calm) == CALM_SNAPSHOTS
    assert size < 48 * 2**20
