"""Counts how many connections of a snapshot each address has in each phase. Gives no points."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable
from dataclasses import dataclass, field
from socket import AF_INET
from typing import Final

from ideolab_f2b.connmon.phases.history import ConnectionHistory, compare
from ideolab_f2b.connmon.phases.one_row import UNANSWERED_MS, find_phase
from ideolab_f2b.connmon.phases.phase import (
    ACTIVE,
    IDLE,
    LEFT_STUCK,
    MUTE,
    PARTIAL_HELLO,
    PHASES,
    SILENT,
    SLOW_READ,
    UNACCEPTED,
    YOUNG,
)
from ideolab_f2b.kernel.client_network import PREFIXES
from ideolab_f2b.kernel.sockets.row import ACKED, COOKIE, DATA_SEGS_IN, ESTABLISHED, LASTSND_MS, Row

#: connections per phase; the index is the phase's code
PhaseCounts = list[int]
#: how many numbers that are: one more than the phases, for connections too young to say
WIDTH = YOUNG + 1

#: the counters by which the served connections of a program differ from those of people; plain, as a Row is
ServedCounters = tuple[int, int, int, int]
#: its columns: bytes that came from the client
SERVED_RECEIVED: Final = 0
#: bytes that the client acknowledged
SERVED_ACKED: Final = 1
#: milliseconds since the client spoke
SERVED_QUIET_MS: Final = 2
#: data segments of the client
SERVED_SEGMENTS: Final = 3

#: data segments of a TLS handshake without a request
_HANDSHAKE_SEGS = 2
#: first bytes of an IPv4 client of a dual-stack listener
MAPPED = bytes(10) + b"\xff\xff"


class Memory:
    """What `count` keeps for the next snapshot: histories of undecided connections, bytes of idle ones."""

    def __init__(self, when: float = 0.0) -> None:
        self.when = when
        self.histories: dict[Hashable, ConnectionHistory] = {}
        # two lists are filled in half the time of a dict, and nobody may ever ask
        self.idle_cookies: list[Hashable] = []
        self.idle_received: list[int] = []
        self._idle: dict[Hashable, int] | None = None

    def find_earlier(self, row: Row, when: float) -> ConnectionHistory | None:
        """Return the history of a row's connection; that of an idle one counts if we sent nothing since."""
        history = self.histories.get(row[COOKIE])
        if history is not None or row[LASTSND_MS] < (when - self.when) * 1000:
            return history
        if self._idle is None:
            self._idle = dict(zip(self.idle_cookies, self.idle_received))
        received = self._idle.get(row[COOKIE])
        if received is None:
            return None
        return ConnectionHistory(self.when, received, row[ACKED], row[DATA_SEGS_IN] - 1, 0)


@dataclass
class SnapshotCounts:
    """The counts of one snapshot.

    An address is the 4 bytes of an IPv4 one, the first 8 of an IPv6 one, or all 16 where its /64 is counted
    by single addresses.
    """

    phases: dict[bytes, PhaseCounts] = field(default_factory=dict)
    #: quiet milliseconds of the connections that are nearly old enough, and in the same order their addresses
    young_ages: list[int] = field(default_factory=list)
    young_addresses: list[bytes] = field(default_factory=list)
    #: the served connections of the watched addresses
    watched: dict[bytes, list[ServedCounters]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    #: closed by nginx and still held open by a client that does not read
    orphans: int = 0


def count(
    rows: Iterable[Row],
    when: float,
    before: Memory,
    watched: Iterable[bytes],
    quiet_ms: int,
    soon_ms: int,
    single: Container[bytes] = frozenset(),
) -> SnapshotCounts:
    """Count the rows of one snapshot by address and phase.

    `when` is in seconds and never goes back, `before` is what the last call kept. A connection is quiet after
    `quiet_ms`; a young one is noted from the age `soon_ms` on. Served connections are kept for the addresses
    in `watched`. IPv6 is counted by /64, but for those (8 bytes) in `single` and those that many clients
    share: there by address.
    """
    counted = SnapshotCounts(watched={address: [] for address in watched}, memory=Memory(when))
    # 100,000 rows in well under 100 ms: locals only, the commonest phases first and without a call; a test
    # proves that the walk and find_phase agree on every recorded row
    table, watch = counted.phases, counted.watched
    young, young_address = counted.young_ages.append, counted.young_addresses.append
    histories, idle = counted.memory.histories, counted.memory.idle_cookies.append
    idle_received = counted.memory.idle_received.append
    find, compare_with, inet, shared = find_phase, compare, int(AF_INET), PREFIXES
    for row in rows:
        (
            family, state, _timer, _retrans, _port, address, cookie, rqueue, wqueue, inode,
            sent, heard, _ack, acked, received, segments, _out, _busy, _limited,
        ) = row  # fmt: skip
        code = -1
        if state == ESTABLISHED and inode and sent >= quiet_ms and not (rqueue or wqueue):
            if not received:
                code = MUTE if heard >= quiet_ms else code
            elif not acked:
                code = PARTIAL_HELLO
            elif heard >= quiet_ms and heard + UNANSWERED_MS >= sent and segments > _HANDSHAKE_SEGS:
                code = IDLE
                idle(cookie)
                idle_received(received)
        if family == inet:
            # IPv4 keys are 4 bytes: 42.1.4.248 padded is 2a01:4f8::, who must not be counted for it
            address = address[:4]
        elif address.startswith(MAPPED):
            address = address[12:]
        elif address[:8] not in single and address[:4] not in shared:
            # a client has a /64 and may change its address in it at each connection
            address = address[:8]
        if code < 0:
            code = find(row, quiet_ms)
            if code == LEFT_STUCK:
                code = SLOW_READ
                counted.orphans += 1
            elif code == SILENT:
                code = IDLE
                idle(cookie)
                idle_received(received)
            elif code > YOUNG:
                earlier = before.find_earlier(row, when)
                code, histories[cookie] = compare_with(code, row, when, earlier, quiet_ms)
            if code == YOUNG and sent > soon_ms:
                young(sent)
                young_address(address)
        if watch and IDLE <= code <= ACTIVE and address in watch and not wqueue:
            watch[address].append((received, acked, heard, segments))
        try:
            table[address][code] += 1
        except KeyError:
            table[address] = [0] * WIDTH
            table[address][code] = 1
    return counted


def add_up(counts: Iterable[PhaseCounts]) -> PhaseCounts:
    """Return the connections per phase over several addresses."""
    return [sum(column) for column in zip(*counts)] or [0] * WIDTH


def count_slots(counts: PhaseCounts) -> int:
    """Return how many of nginx's slots these connections take: accepted, and not on their way out."""
    return sum(counts[:UNACCEPTED]) + counts[YOUNG]


def by_name(counts: PhaseCounts) -> dict[str, int]:
    """Return the connections of each phase by its name; the young ones count as active."""
    phases = dict(zip(PHASES, counts))
    phases["active"] += counts[YOUNG]
    return phases
