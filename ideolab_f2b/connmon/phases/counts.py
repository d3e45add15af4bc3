"""Counts how many connections of a snapshot each address has in each phase. Gives no points."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable
from dataclasses import dataclass, field
from socket import AF_INET
from typing import Final

from ideolab_f2b.connmon.phases.history import ConnectionHistory, compare, is_held_back
from ideolab_f2b.connmon.phases.one_row import FRESH_ACKED, FRESH_SEGS, UNANSWERED_MS, find_phase
from ideolab_f2b.connmon.phases.phase import (
    ACTIVE,
    HANDSHAKE_ONLY,
    IDLE,
    LEFT_STUCK,
    MUTE,
    PARTIAL_HELLO,
    PHASES,
    SILENT,
    SLOW_READ,
    STUCK,
    UNACCEPTED,
    UNANSWERED,
    YOUNG,
)
from ideolab_f2b.connmon.pressure.state import SlotUse
from ideolab_f2b.kernel.client_network import PREFIXES
from ideolab_f2b.kernel.sockets.row import (
    ACKED,
    COOKIE,
    DATA_SEGS_IN,
    ESTABLISHED,
    LASTSND_MS,
    RECEIVED,
    Row,
)

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

#: milliseconds after which an answer is late
LATE_MS: Final = 1000
#: milliseconds in which a client's acknowledgement or pong comes back
REPLY_MS = 500
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
        segments = row[DATA_SEGS_IN] - 1
        return ConnectionHistory(self.when, received, row[ACKED], segments, 0, self.when, row[RECEIVED])


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
    #: not accepted for a second
    late_unaccepted: int = 0
    #: too young to be idle or handshake-only, or mute, and just as quiet: nginx may close them too
    young_reusable: int = 0
    #: the address of each connection that sent part of a hello, and got nothing in a second
    unanswered_hellos: list[bytes] = field(default_factory=list)
    #: of each one that asked, and was not answered in a second; only where they were asked for
    unanswered: list[bytes] = field(default_factory=list)
    #: of each of these that says more and more, too slowly for an upload
    speaking_on: list[bytes] = field(default_factory=list)
    #: of each of these that has done so more than once, and of each that has done so once and soon
    speaking_often: list[bytes] = field(default_factory=list)
    speaking_soon: list[bytes] = field(default_factory=list)
    #: of each one that does not take its answer, or takes it slowly, and is no slow-read
    held_back: list[bytes] = field(default_factory=list)
    #: of each one on which we spoke long after the client did, as in a stream; only where they were asked for
    streams: list[bytes] = field(default_factory=list)
    #: of each one on which we answered the client since the last snapshot, and not for the first time
    exchanges: list[bytes] = field(default_factory=list)
    #: of each one that has been idle for just so long as counts, after its first answer
    first_answers: list[bytes] = field(default_factory=list)


def count(
    rows: Iterable[Row],
    when: float,
    before: Memory,
    watched: Iterable[bytes],
    quiet_ms: int,
    soon_ms: int,
    single: Container[bytes] = frozenset(),
    *,
    with_unanswered: bool = False,
) -> SnapshotCounts:
    """Count the rows of one snapshot by address and phase, and note whose wait for us or the client.

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
    hello, unanswered, exchange = (
        counted.unanswered_hellos.append,
        counted.unanswered.append,
        counted.exchanges.append,
    )
    gap_ms, reusable = (when - before.when) * 1000, 0
    newly_idle_ms = quiet_ms + gap_ms
    for row in rows:
        (
            family, state, _timer, _retrans, _port, address, cookie, rqueue, wqueue, inode,
            sent, heard, _ack, acked, received, segments, _out, _busy, _limited,
        ) = row  # fmt: skip
        code, is_new = -1, False
        if state == ESTABLISHED and inode and sent >= quiet_ms and not (rqueue or wqueue):
            if not received:
                code = MUTE if heard >= quiet_ms else code
            elif not acked:
                code = PARTIAL_HELLO
            elif heard >= quiet_ms and heard + UNANSWERED_MS >= sent and segments > _HANDSHAKE_SEGS:
                code = IDLE
                idle(cookie)
                idle_received(received)
                is_new = sent < newly_idle_ms and segments <= FRESH_SEGS and acked < FRESH_ACKED
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
                earlier, first = before.find_earlier(row, when), code
                code, history = compare_with(code, row, when, earlier, quiet_ms)
                histories[cookie] = history
                if with_unanswered and first == STUCK and code != SLOW_READ and is_held_back(row):
                    counted.held_back.append(address)
                if with_unanswered and first == UNANSWERED and heard >= LATE_MS:
                    unanswered(address)
                    if history.speaks_on(received):
                        counted.speaking_on.append(address)
                        if history.speaks_often():
                            counted.speaking_often.append(address)
                        elif history.speaks_soon():
                            counted.speaking_soon.append(address)
            if code == UNACCEPTED:
                counted.late_unaccepted += sent >= LATE_MS
            elif code == YOUNG:
                if sent > soon_ms:
                    young(sent)
                    young_address(address)
                if sent >= LATE_MS and received and not (acked or rqueue or wqueue):
                    hello(address)
            if code in (ACTIVE, YOUNG) and not (rqueue or wqueue):
                reusable += heard + UNANSWERED_MS >= sent if acked else not received
            is_answered = sent < gap_ms and -REPLY_MS < heard - sent < UNANSWERED_MS
            if is_answered and (segments > FRESH_SEGS or acked >= FRESH_ACKED):
                exchange(address)
        elif code == PARTIAL_HELLO:
            hello(address)
        elif is_new:
            counted.first_answers.append(address)
        if with_unanswered and sent + UNANSWERED_MS < heard and not wqueue:
            counted.streams.append(address)
        if watch and IDLE <= code <= ACTIVE and address in watch and not wqueue:
            watch[address].append((received, acked, heard, segments))
        try:
            table[address][code] += 1
        except KeyError:
            table[address] = [0] * WIDTH
            table[address][code] = 1
    counted.young_reusable = reusable
    return counted


def add_up(counts: Iterable[PhaseCounts]) -> PhaseCounts:
    """Return the connections per phase over several addresses."""
    return [sum(column) for column in zip(*counts)] or [0] * WIDTH


def count_slots(counts: PhaseCounts) -> int:
    """Return how many of nginx's slots these connections take: accepted, and not on their way out."""
    return sum(counts[:UNACCEPTED]) + counts[YOUNG]


def count_slot_use(totals: PhaseCounts, seen: SnapshotCounts) -> SlotUse:
    """Return what the sums over all addresses say of nginx's slots."""
    reusable = totals[MUTE] + totals[HANDSHAKE_ONLY] + totals[IDLE]
    return SlotUse(count_slots(totals), reusable + seen.young_reusable, seen.late_unaccepted)


def by_name(counts: PhaseCounts) -> dict[str, int]:
    """Return the connections of each phase by its name; the young ones count as active."""
    phases = dict(zip(PHASES, counts))
    phases["active"] += counts[YOUNG]
    return phases
