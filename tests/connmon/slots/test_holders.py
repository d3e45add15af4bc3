"""holders: whose ban makes room in a full server."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import pytest

from ideolab_f2b.connmon.phases.counts import Memory, SnapshotCounts, count
from ideolab_f2b.connmon.pressure.state import CALM, EXHAUSTED
from ideolab_f2b.connmon.slots.history import CALM_SNAPSHOTS, SlotHistory
from ideolab_f2b.connmon.slots.holders import (
    ALWAYS_AFTER_S,
    FEW,
    FEW_HELLOS,
    GROWN_AFTER_S,
    LARGE,
    LARGE_S,
    LEAST,
    OTHERS_PER_UNANSWERED,
    ROOM,
    UNANSWERED_S,
    WAITING_PER_FAULT,
    FullServer,
)
from ideolab_f2b.connmon.slots.holding import Holding
from ideolab_f2b.kernel.sockets.row import SYN_RECV, Row
from tests.connmon.crowd import connection, half_hello, held, served
from tests.connmon.slots.clients import BOTH, ME, ME6, V4, V6, nobody

OTHER, OTHER4 = "198.51.100.7", bytes([198, 51, 100, 7])
TTL = 600
NOW = 1000.0
#: seconds that nobody doubts
LONG_S = 10 * UNANSWERED_S


def noted(rows: Iterable[Row], when: float = NOW) -> SnapshotCounts:
    return count(rows, when, Memory(when - 1.0), (), 8000, 3000, with_unanswered=True)


def holders(
    rows: Iterable[Row],
    *,
    before: Iterable[Row] = (),
    full_s: float = LONG_S,
    capacity: int = 0,
    lasting_s: float = LONG_S,
    is_exempt: Callable[[bytes], bool] = nobody,
    known: Iterable[bytes] = (),
) -> dict[bytes, Holding]:
    """Who is found: `before` was there while there was room, `rows` for the last seconds."""
    history, kept = SlotHistory(), list(rows)
    calm = noted(before, NOW - lasting_s - 2.0)
    for number in range(CALM_SNAPSHOTS):
        history.note(calm, NOW - lasting_s - 2.0 + number, 0.0, CALM)
    history.known_answered.note(known, NOW)
    seen = noted(kept)
    history.note(seen, NOW, lasting_s, EXHAUSTED)
    return FullServer(seen, history, NOW, full_s, capacity, is_exempt, TTL).find_holders()


def hellos(text: str, number: int) -> list[Row]:
    return [half_hello(text, age_s=4.0) for _ in range(number)]


def slow(text: str, number: int) -> list[Row]:
    return [held(text, 2300, 30.0) for _ in range(number)]


def owed(text: str, number: int) -> list[Row]:
    """Requests that the application has not answered for three seconds."""
    return [served(text, lastsnd_ms=6000, lastrcv_ms=3000) for _ in range(number)]


def quiet(text: str, number: int) -> list[Row]:
    return [served(text, age_s=20.0) for _ in range(number)]


def answered(text: str, number: int) -> list[Row]:
    return [served(text, 9, age_s=0.5) for _ in range(number)]


def visitors(number: int) -> list[Row]:
    """Some connections each of many, whom nobody asks about."""
    return [served(f"203.0.113.{1 + one // FEW}", age_s=20.0) for one in range(number)]


def test_a_forged_syn_names_nobody() -> None:
    """Of a /56 only the /64 that hold slots are named: anybody can send a SYN from another one."""
    forged = connection("2001:db8:c:1::9", state=SYN_RECV)

    assert [*holders([*slow(ME6, 10), forged, *visitors(10)])] == [V6]


def test_a_server_without_connections() -> None:
    """nginx may be full of something else: nothing is divided by nothing."""
    assert holders([], capacity=512) == {}
    assert holders([]) == {}


@BOTH
@pytest.mark.parametrize(
    ("make", "least"),
    [pytest.param(hellos, FEW_HELLOS, id="half hellos"), pytest.param(slow, FEW, id="slow readers")],
)
def test_who_keeps_the_server_waiting(
    text: str, name: bytes, make: Callable[[str, int], list[Row]], least: int
) -> None:
    """A few are enough in a full server, and one less is a lossy line."""
    assert holders(make(text, least - 1)) == {}
    (found,) = holders(make(text, least)).values()
    assert (found.address, found.slots, found.proven, found.ttl) == (name, least, least, 0)


@pytest.mark.parametrize("part", [0.99, 1.01])
def test_it_takes_time_to_say_so(part: float) -> None:
    """UNANSWERED_S slot-seconds, whether few wait for long or many for a moment."""
    for number in (FEW, 100):
        found = holders(slow(ME, number), full_s=0.0, lasting_s=part * UNANSWERED_S / number)
        assert bool(found) == (part > 1)


def test_the_reason_and_the_ban() -> None:
    """The jail's own time: what is proven needs no short one."""
    assert holders([*slow(ME, 10), *visitors(10)], lasting_s=10.0)[V4] == Holding(
        V4,
        10,
        10,
        "the server is full: it holds 10 slots, 50 % of all, 10 of them because it does not "
        "finish what it says or take what it asked; in the last 60 s it held 2 on average and got 0 answers",
        0,
    )


@pytest.mark.parametrize(
    ("others", "is_found"), [(OTHERS_PER_UNANSWERED, True), (OTHERS_PER_UNANSWERED + 1, False)]
)
def test_a_nat_always_loses_a_few(others: int, is_found: bool) -> None:
    """Beside so many others per lost one; growth is another matter."""
    crowd = [*slow(ME, FEW), *quiet(ME, FEW * others)]

    assert (V4 in holders(crowd, full_s=0.0)) == is_found


@pytest.mark.parametrize(("waiting", "is_found"), [(WAITING_PER_FAULT - 1, True), (WAITING_PER_FAULT, False)])
def test_the_application_may_owe_the_rest(waiting: int, is_found: bool) -> None:
    """Where most of what waits may be our own fault, the few slow ones prove nothing."""
    assert (V4 in holders([*slow(ME, FEW), *owed(ME, FEW * waiting)], known=[V4])) == is_found


@pytest.mark.parametrize(("served_now", "is_found"), [(21, False), (20, True)])
def test_answers_excuse(served_now: int, is_found: bool) -> None:
    """Who is answered on more connections than he lets wait is a NAT."""
    crowd = [*slow(ME, 20), *answered(ME, served_now)]

    assert bool(holders(crowd, full_s=0.0)) == is_found


def test_a_slow_application_is_nobodys_fault() -> None:
    """A crowd, one address of which holds nearly all, that waits for us; we have answered it before."""
    rows = [*owed(ME, 300), *owed(OTHER, 100)]

    assert holders(rows, capacity=400, known=[V4, OTHER4]) == {}
    assert [*holders(rows, capacity=400)] == [V4]


@BOTH
@pytest.mark.parametrize(("number", "is_found"), [(LEAST, False), (LEAST + 1, True)])
def test_who_holds_much_and_asks_nothing(text: str, name: bytes, number: int, is_found: bool) -> None:
    """More than a moderate number, in a server that is full for long; no proof, so a short ban."""
    found = holders(quiet(text, number))

    assert [(one.address, one.slots, one.ttl) for one in found.values()] == [(name, number, TTL)] * is_found


@pytest.mark.parametrize(
    ("full_s", "before", "is_found"),
    [
        pytest.param(GROWN_AFTER_S - 0.1, 0, False, id="too early"),
        pytest.param(GROWN_AFTER_S, 0, True, id="new"),
        pytest.param(GROWN_AFTER_S, 40 - LEAST, False, id="grown by a moderate number"),
        pytest.param(GROWN_AFTER_S, 40 - LEAST - 1, True, id="grown by more"),
        pytest.param(GROWN_AFTER_S, 40, False, id="not grown"),
        pytest.param(GROWN_AFTER_S, 80, False, id="shrunk"),
        pytest.param(ALWAYS_AFTER_S - 0.1, 40, False, id="not grown, for some time"),
        pytest.param(ALWAYS_AFTER_S, 40, True, id="always"),
    ],
)
def test_growth_comes_first(full_s: float, before: int, is_found: bool) -> None:
    """Who held as much when there was room is asked about last."""
    assert bool(holders(quiet(ME, 40), before=quiet(ME, before), full_s=full_s)) == is_found


def test_the_largest_growth_is_named_first() -> None:
    """The ban of the one who came makes room for the one who was there."""
    rows = [*quiet(OTHER, 60), *quiet(ME, 50)]

    assert [*holders(rows, before=quiet(OTHER, 45), full_s=GROWN_AFTER_S)] == [V4]


@pytest.mark.parametrize(
    ("number", "excused_s"),
    [pytest.param(100, LARGE_S, id="a large one")],
)
@pytest.mark.parametrize("part", [0.9, 1.1])
def test_answers_excuse_silence(number: int, excused_s: float, part: float) -> None:
    """Each answer excuses a slot for half a minute; for who holds a quarter of the server, less."""
    crowd = [*quiet(ME, number - 1), *answered(ME, 1), *attackers(4, 19)]
    assert (LARGE * number > number + 4 * 19) == (excused_s == LARGE_S)
    found = holders(crowd, lasting_s=part * excused_s / number, full_s=GROWN_AFTER_S)

    assert (V4 in found) == (part > 1)


@pytest.mark.parametrize(("others", "is_found"), [(20, True), (21, False)])
def test_a_crowd_is_nobody(others: int, is_found: bool) -> None:
    """Those who hold much must hold half of all together."""
    assert bool(holders([*quiet(ME, 20), *visitors(others)], full_s=GROWN_AFTER_S)) == is_found


def attackers(number: int, each: int) -> list[Row]:
    return [row for one in range(number) for row in quiet(f"198.51.100.{100 + one}", each)]


@pytest.mark.parametrize(("number", "each"), [(1, 512), (4, 128), (10, 51), (40, 12)])
def test_no_more_are_named_than_make_room(number: int, each: int) -> None:
    """Until ROOM of the slots are free."""
    found = holders(attackers(number, each))

    assert len(found) == math.ceil(ROOM * number)
    assert sum(one.slots for one in found.values()) >= ROOM * number * each


@pytest.mark.parametrize(
    ("capacity", "named"),
    [
        pytest.param(0, 3, id="unknown"),
        pytest.param(400, 3, id="as many as there are"),
        pytest.param(800, 3, id="more: upstreams may have the others"),
        pytest.param(4000, 0, id="far more: something else fills it"),
        pytest.param(300, 5, id="fewer: it is over its limit"),
    ],
)
def test_the_capacity_says_how_much_room_it_takes(capacity: int, named: int) -> None:
    """There is to be room below the capacity, not below what is held."""
    assert len(holders(attackers(10, 40), capacity=capacity)) == named


def test_what_is_proven_comes_first() -> None:
    """Where the slow ones make room enough, nobody is named for being silent."""
    rows = [*slow(ME, 30), *quiet(OTHER, 60)]
    assert [*holders(rows)] == [V4]
    assert [*holders([*slow(ME, 20), *quiet(OTHER, 60)])] == [V4, OTHER4]


def test_who_is_exempt_is_spared() -> None:
    """Whatever it does."""
    rows = [*slow(ME, 30), *quiet(OTHER, 90), *hellos(ME6, 40)]

    assert holders(rows, is_exempt=lambda _name: True) == {}
    assert [*holders(rows, is_exempt=V4.__eq__)] == [V6, OTHER4]


def test_addresses_that_are_alike_are_named_in_order() -> None:
    """The same snapshot always names the same ones, so that two of them confirm each other."""
    rows = attackers(10, 40)

    first = [bytes([198, 51, 100, 100 + one]) for one in range(3)]
    assert [*holders(rows)] == [*holders(rows[::-1])] == first


def test_a_visitor_whose_connections_do_not_go_on() -> None:
    """A half request is both a trickle and said on: two of them are two, and fewer than FEW."""
    phases = {V4: [0, 0, 0, FEW - 1, 0, 0, 0, 0, 0, 0, 0]}
    late = [V4] * (FEW - 1)
    seen = SnapshotCounts(phases, unanswered=late, speaking_on=late)
    history = SlotHistory()
    history.note(seen, NOW, LONG_S, EXHAUSTED)

    assert FullServer(seen, history, NOW, 0.0, 512, nobody, TTL).find_holders() == {}
