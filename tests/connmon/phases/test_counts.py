"""counts: one walk counts every row once, under the right address."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings

from ideolab_f2b.connmon.phases import counts as phase_counts
from ideolab_f2b.connmon.phases.counts import WIDTH, Memory, SnapshotCounts, add_up, by_name, count_slots
from ideolab_f2b.connmon.phases.history import ConnectionHistory, compare
from ideolab_f2b.connmon.phases.one_row import find_phase
from ideolab_f2b.connmon.phases.phase import IDLE, LEFT_STUCK, MUTE, SILENT, SLOW_READ, YOUNG
from ideolab_f2b.kernel.sockets.row import FIN_WAIT1, Connection
from tests.connmon import confusion
from tests.connmon.crowd import ROW, connection, held, served

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
    assert memory.histories == {"waits": ConnectionHistory(0.0, 997, 4408, 3, 0)}


@pytest.mark.parametrize(
    ("sent_s", "earlier"),
    [
        pytest.param(20.0, ConnectionHistory(100.0, 997, 4408, 3, 0), id="we said nothing since"),
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
