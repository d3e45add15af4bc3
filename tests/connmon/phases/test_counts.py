"""counts: one walk counts every row once, under the right address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings

from ideolab_f2b.connmon.phases import counts as phase_counts
from ideolab_f2b.connmon.phases.counts import (
    LATE_MS,
    REPLY_MS,
    WIDTH,
    Memory,
    SnapshotCounts,
    add_up,
    by_name,
    count_slots,
)
from ideolab_f2b.connmon.phases.history import ConnectionHistory, compare
from ideolab_f2b.connmon.phases.one_row import FRESH_ACKED, FRESH_SEGS, UNANSWERED_MS, find_phase
from ideolab_f2b.connmon.phases.phase import IDLE, LEFT_STUCK, MUTE, SILENT, SLOW_READ, YOUNG
from ideolab_f2b.kernel.sockets.row import FIN_WAIT1, SYN_RECV, TIMER_ON, TIMER_PERSIST, Connection
from tests.connmon import confusion
from tests.connmon.crowd import ROW, connection, half_hello, held, served

V4 = bytes([198, 51, 100, 9])
QUIET_MS, SOON_MS = 8000, 3000


def count(rows: Iterable[Connection], watched: Iterable[bytes] = ()) -> SnapshotCounts:
    return phase_counts.count(rows, 0.0, Memory(), watched, QUIET_MS, SOON_MS)


def test_a_mapped_client_is_the_ipv4_client() -> None:
    """A dual-stack listener shows 198.51.100.9 as ::ffff:198.51.100.9; both count together."""
    seen = count([connection("198.51.100.9", age_s=9), connection("::ffff:198.51.100.9", age_s=9)])
    assert {address: counts[MUTE] for address, counts in seen.phases.items()} == {V4: 2}


def test_an_ipv6_client_is_never_taken_for_an_ipv4_client() -> None:
    """2a01:4f8:: has the 16 bytes of 42.1.4.248 in the kernel's field, and must not be counted for it."""
    seen = count([connection("42.1.4.248", age_s=9), connection("2a01:4f8::", age_s=9)])
    assert {len(address): counts[MUTE] for address, counts in seen.phases.items()} == {4: 1, 8: 1}


def test_an_ipv6_client_has_a_64() -> None:
    """Whatever addresses of it are used, but for a /64 that is counted by single addresses."""
    rows = [connection(f"2001:db8:c:{net}::{last}", age_s=9) for net in (1, 2) for last in (1, 2)]
    alone = rows[0].peer[:8]
    seen = phase_counts.count(rows, 0.0, Memory(), (), QUIET_MS, SOON_MS, {alone})
    assert {address: counts[MUTE] for address, counts in seen.phases.items()} == {
        rows[0].peer: 1,
        rows[1].peer: 1,
        rows[2].peer[:8]: 2,
    }


def test_clients_that_share_a_64_are_counted_by_themselves() -> None:
    """Two IPv4 clients of a translator, two of one Teredo server, two neighbours on the link."""
    addresses = [
        f"{prefix}{last}" for prefix in ("64:ff9b::", "2001:0:5ef5:79fd::", "fe80::") for last in "12"
    ]
    rows = [connection(address, age_s=9) for address in addresses]

    assert list(count(rows).phases) == [row.peer for row in rows]


def test_only_connections_that_are_nearly_old_enough_are_noted() -> None:
    """A connection that is quiet for 3 of 8 seconds is old enough before the next tick."""
    rows = [connection("198.51.100.9", age_s=age) for age in (0.1, 2.9, 3.1, 7.9, 8.1)]
    seen = count(rows)
    assert (seen.young_ages, seen.young_addresses) == ([3100, 7900], [V4, V4])
    assert (seen.phases[V4][YOUNG], seen.phases[V4][MUTE]) == (4, 1)


def test_only_served_connections_of_watched_addresses_are_noted() -> None:
    """What is compared for being in step: bytes in and out, moment and segments."""
    rows = [
        served("198.51.100.9", age_s=9),
        connection("198.51.100.9", age_s=9),
        served("198.51.100.9", age_s=9, wqueue=5),
        served("198.51.100.8", age_s=9),
    ]
    assert count(rows, [V4]).watched == {V4: [(997, 4408, 9000, 3)]}


def test_only_undecided_connections_are_remembered() -> None:
    """Of a mute connection nothing is kept, of an idle one its bytes, of an undecided one a history."""
    rows = [
        connection("198.51.100.9", age_s=9),
        served("198.51.100.9", age_s=9, cookie="idle"),
        served("198.51.100.9", lastsnd_ms=9000, lastrcv_ms=2000, cookie="waits"),
    ]
    memory = count(rows).memory
    assert (memory.idle_cookies, memory.idle_received) == (["idle"], [997])
    assert memory.histories == {"waits": ConnectionHistory(0.0, 997, 4408, 3, 0, 0.0, 997)}


@pytest.mark.parametrize(
    ("sent_s", "earlier"),
    [
        pytest.param(20.0, ConnectionHistory(100.0, 997, 4408, 3, 0, 100.0, 997), id="we said nothing since"),
        pytest.param(4.0, None, id="we have answered since"),
    ],
)
def test_an_idle_connection_that_speaks_up(sent_s: float, earlier: ConnectionHistory | None) -> None:
    """It is compared with what it had said before, unless there was an answer in between."""
    memory = phase_counts.count(
        [served("198.51.100.9", age_s=15, cookie=1)], 100.0, Memory(), (), 8000, 3000
    ).memory
    row = served("198.51.100.9", lastsnd_ms=int(sent_s * 1000), lastrcv_ms=1, data_segs_in=4, cookie=1)
    assert memory.find_earlier(row, 105.0) == earlier
    assert memory.find_earlier(row._replace(cookie=2), 105.0) is None


def test_a_reader_left_by_nginx_is_a_slow_reader_and_an_orphan() -> None:
    """The kernel holds what the client does not take; nginx counts it as established no more."""
    seen = count([held("198.51.100.9", 2300, 30, state=FIN_WAIT1, inode=0)])
    assert (seen.phases[V4][SLOW_READ], seen.orphans) == (1, 1)


BOTH = pytest.mark.parametrize(
    ("text", "name"), [("198.51.100.9", V4), ("2001:db8:c::9", bytes.fromhex("20010db8000c0000"))]
)


@BOTH
@pytest.mark.parametrize(
    ("fields", "number"),
    [
        pytest.param({"age_s": LATE_MS / 1000 - 0.001}, 0, id="may be on its way"),
        pytest.param({"age_s": LATE_MS / 1000}, 1, id="late"),
        pytest.param({"age_s": 30.0}, 1, id="old"),
        pytest.param({"age_s": 3.0, "received": 0}, 0, id="silent"),
        pytest.param({"age_s": 3.0, "acked": 1}, 0, id="answered"),
        pytest.param({"age_s": 3.0, "lastrcv_ms": 10, "rqueue": 300}, 0, id="nginx has not read it"),
        pytest.param({"age_s": 3.0, "rqueue": 300}, 0, id="nginx has not read it for long"),
        pytest.param({"age_s": 3.0, "inode": 0}, 0, id="nginx has not accepted it"),
        pytest.param({"age_s": 3.0, "state": SYN_RECV, "inode": 0}, 0, id="half open"),
        pytest.param(
            {"age_s": 3.0, "wqueue": 4200, "timer": TIMER_ON, "retrans": 3},
            0,
            id="answered, and the answer is lost: its path takes no large packets",
        ),
    ],
)
def test_unanswered_hellos(text: str, name: bytes, fields: dict[str, float], number: int) -> None:
    """Part of a hello that nginx has read, and after a second still cannot answer."""
    assert count([half_hello(text, **fields)]).unanswered_hellos == [name] * number


def count_late(rows: Iterable[Connection], before: Memory | None = None, when: float = 5.0) -> SnapshotCounts:
    memory = before or Memory()
    return phase_counts.count(rows, when, memory, (), QUIET_MS, SOON_MS, with_unanswered=True)


def asking(text: str, heard_ms: int, sent_ms: int = 20_000, **fields: Any) -> Connection:
    return served(text, lastsnd_ms=sent_ms, lastrcv_ms=heard_ms, **fields)


@BOTH
@pytest.mark.parametrize(
    ("heard_ms", "sent_ms", "number"),
    [
        pytest.param(LATE_MS - 1, 20_000, 0, id="asked a moment ago"),
        pytest.param(LATE_MS, 20_000, 1, id="asked a second ago"),
        pytest.param(LATE_MS, LATE_MS + UNANSWERED_MS, 0, id="the end of one exchange"),
        pytest.param(LATE_MS, LATE_MS + UNANSWERED_MS + 1, 1, id="the next one"),
        pytest.param(30_000, 50_000, 1, id="asked long ago"),
        pytest.param(20_000, 10, 0, id="answered"),
    ],
)
def test_unanswered(text: str, name: bytes, heard_ms: int, sent_ms: int, number: int) -> None:
    """The client spoke last, and a second has passed; it is noted only where somebody wants to know."""
    row = asking(text, heard_ms, sent_ms)

    assert count_late([row]).unanswered == [name] * number
    assert count([row]).unanswered == []


@BOTH
def test_who_says_more_and_more(text: str, name: bytes) -> None:
    """Pieces of a request; an upload, and who says no more, are not among them."""
    first = [asking(text, 2000, cookie=one) for one in range(3)]
    memory = count_late(first).memory
    rows = [
        asking(text, 2000, cookie=one, received=997 + grown, data_segs_in=4)
        for one, grown in enumerate((120, 100_000, 0))
    ]
    seen = count_late(rows, memory, 10.0)

    assert (seen.unanswered, seen.speaking_on) == ([name] * 3, [name])


@BOTH
@pytest.mark.parametrize(
    ("fields", "number"),
    [
        pytest.param({"age_s": 0.5}, 1, id="just now"),
        pytest.param(
            {"lastsnd_ms": 4999, "lastrcv_ms": 4998 + UNANSWERED_MS}, 1, id="since the last snapshot"
        ),
        pytest.param({"lastsnd_ms": 900, "lastrcv_ms": 901 - REPLY_MS}, 1, id="our ping and its pong"),
        pytest.param({"lastsnd_ms": 900, "lastrcv_ms": 900 - REPLY_MS}, 0, id="the next question"),
        pytest.param({"lastsnd_ms": 5000, "lastrcv_ms": 5000}, 0, id="before it"),
        pytest.param({"lastsnd_ms": 10, "lastrcv_ms": 5000 + UNANSWERED_MS}, 0, id="we speak alone"),
        pytest.param({"lastsnd_ms": 5000, "lastrcv_ms": 10}, 0, id="the client speaks alone"),
        pytest.param(
            {"age_s": 0.5, "data_segs_in": FRESH_SEGS, "acked": FRESH_ACKED - 1}, 0, id="a handshake"
        ),
        pytest.param({"age_s": 0.5, "data_segs_in": FRESH_SEGS + 1, "acked": 1500}, 1, id="many requests"),
        pytest.param({"age_s": 0.5, "data_segs_in": 3, "acked": FRESH_ACKED}, 1, id="a large answer"),
    ],
)
def test_exchanges(text: str, name: bytes, fields: dict[str, float], number: int) -> None:
    """Both sides spoke since the last snapshot five seconds ago, and it was no handshake."""
    row = served(text, **{"requests": 9, **fields})  # type: ignore[arg-type]

    assert phase_counts.count([row], 5.0, Memory(), (), QUIET_MS, SOON_MS).exchanges == [name] * number


@pytest.mark.parametrize(("age_s", "number"), [(0.9, 0), (1.0, 1), (60.0, 1)])
def test_late_unaccepted(age_s: float, number: int) -> None:
    """What nginx has not accepted for a second; what it has not read is none of them when it is new."""
    assert count([connection("198.51.100.9", inode=0, age_s=age_s)]).late_unaccepted == number


def test_reusable_slots() -> None:
    """nginx closes what is silent or idle when it is short of slots; slow readers stay."""
    rows = [
        connection("198.51.100.9", age_s=9),
        served("198.51.100.9", age_s=9),
        held("198.51.100.9", 2300, 30, timer=TIMER_PERSIST),
        connection("198.51.100.9", age_s=9, inode=0),
    ]
    seen = count(rows)

    assert phase_counts.count_slot_use(add_up(seen.phases.values()), seen) == (3, 2, 1)


def test_held_and_named() -> None:
    """Held is what nginx has accepted; young connections are shown as active."""
    counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    assert count_slots(counts) == 1 + 2 + 4 + 8 + 16 + 32 + 64 + 1024
    assert by_name(counts) == {
        "mute": 1,
        "partial-hello": 2,
        "handshake-only": 4,
        "trickle": 8,
        "slow-read": 16,
        "idle": 32,
        "active": 64 + 1024,
        "unaccepted": 128,
        "half-open": 256,
        "closing": 512,
    }


def test_totals_of_nothing() -> None:
    """A calm host has a zero for every phase."""
    assert add_up([]) == [0] * WIDTH


def test_the_walk_and_the_phases_agree_on_every_recorded_row() -> None:
    """Counting says of each row of the recorded runs what find_phase and compare say."""
    for name in confusion.RUNS:
        before = Memory()
        for snapshot in confusion.run(name):
            seen = phase_counts.count(snapshot.rows, snapshot.when, before, (), QUIET_MS, SOON_MS)
            codes = [_code(Connection._make(row), snapshot.when, before) for row in snapshot.rows]
            assert add_up(seen.phases.values()) == [codes.count(code) for code in range(WIDTH)]
            before = seen.memory


def _code(row: Connection, when: float, before: Memory) -> int:
    code = find_phase(row, QUIET_MS)
    if code > SILENT:
        code, _history = compare(code, row, when, before.find_earlier(row, when), QUIET_MS)
    return {SILENT: IDLE, LEFT_STUCK: SLOW_READ}.get(code, code)


@settings(max_examples=200, deadline=None)
@given(ROW)
def test_the_walk_and_the_phases_agree_on_any_row(row: Connection) -> None:
    """The walk's short cuts are no second opinion."""
    seen = phase_counts.count([row], 0.0, Memory(), (), QUIET_MS, SOON_MS)
    assert add_up(seen.phases.values())[_code(row, 0.0, Memory())] == 1


def test_who_says_more_and_who_holds_back() -> None:
    """Lists of addresses, for whoever looks at a full server."""

    def rows(at: int) -> list[Connection]:
        unheard = {"lastsnd_ms": 1000 * (at + 9), "lastrcv_ms": 2000}
        return [
            served("198.51.100.9", cookie="waits", **unheard),
            served("198.51.100.8", cookie="once", received=997 + 100 * min(at, 1), **unheard),
            served("198.51.100.7", cookie="twice", received=997 + 100 * at, **unheard),
            held("198.51.100.6", 3000, 7.0, cookie="holds"),
        ]

    memory = Memory()
    for at in range(3):
        seen = count_late(rows(at), memory, 3.0 * at)
        memory = seen.memory

    soon, often, holding = (ipaddress.ip_address(f"198.51.100.{last}").packed for last in (8, 7, 6))
    assert (seen.speaking_soon, seen.speaking_often) == ([soon], [often])
    assert seen.held_back == [holding]
