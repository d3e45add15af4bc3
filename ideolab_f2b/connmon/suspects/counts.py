"""One walk over a snapshot: how many connections each address has in each phase. Weighs nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from socket import AF_INET

from ideolab_f2b.connmon.suspects import phase
from ideolab_f2b.connmon.suspects.phase import (
    ACTIVE,
    IDLE,
    LEFT_STUCK,
    MUTE,
    PARTIAL_HELLO,
    PHASES,
    SILENT,
    SLOW_READ,
    UNACCEPTED,
    UNANSWERED_MS,
    YOUNG,
    Sample,
)
from ideolab_f2b.kernel.sockets.row import ACKED, COOKIE, DATA_SEGS_IN, ESTABLISHED, LASTSND_MS, Row

Counts = list[int]
#: (bytes received, bytes acknowledged, milliseconds since the client spoke, its data segments)
Twin = tuple[int, int, int, int]
#: one more than the phases: connections too young to say
WIDTH = YOUNG + 1
#: segments of a handshake and no request
_HANDSHAKE_SEGS = 2
#: first bytes of an IPv4 client of a dual-stack listener
_MAPPED = bytes(10) + b"\xff\xff"


class Memory:
    """What one walk keeps for the next: a sample of what is undecided, the bytes received of what is idle."""

    def __init__(self, when: float = 0.0) -> None:
        self.when = when
        self.samples: dict[Hashable, Sample] = {}
        # two lists are filled in half the time of a dict, and nobody may ever ask
        self.idle_cookies: list[Hashable] = []
        self.idle_received: list[int] = []
        self._idle: dict[Hashable, int] | None = None

    def earlier(self, row: Row, when: float) -> Sample | None:
        """The sample to compare a row with; an idle connection's holds if we said nothing since."""
        sample = self.samples.get(row[COOKIE])
        if sample is not None or row[LASTSND_MS] < (when - self.when) * 1000:
            return sample
        if self._idle is None:
            self._idle = dict(zip(self.idle_cookies, self.idle_received))
        received = self._idle.get(row[COOKIE])
        return None if received is None else Sample(self.when, received, row[ACKED], row[DATA_SEGS_IN] - 1, 0)


@dataclass
class Tally:
    """What one walk counted; an address is its 4 or 16 bytes."""

    counts: dict[bytes, Counts] = field(default_factory=dict)
    #: quiet milliseconds of connections that are nearly old enough
    young: dict[bytes, list[int]] = field(default_factory=dict)
    #: the served connections of the watched addresses
    watched: dict[bytes, list[Twin]] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    #: closed by nginx and still held open by a client that does not read
    orphans: int = 0


def count(
    rows: Iterable[Row], when: float, before: Memory, watched: Iterable[bytes], quiet_ms: int, soon_ms: int
) -> Tally:
    """`before` is what the last walk kept, `soon_ms` the age from which a young connection is noted."""
    tally = Tally(watched={address: [] for address in watched}, memory=Memory(when))
    # 100,000 rows in well under 100 ms: locals only, the commonest phases first and without a call; a test
    # proves that the walk and phase.look agree on every recorded row
    table, young, watch = tally.counts, tally.young, tally.watched
    samples, idle = tally.memory.samples, tally.memory.idle_cookies.append
    idle_received = tally.memory.idle_received.append
    look, compare, inet = phase.look, phase.compare, int(AF_INET)
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
        elif address.startswith(_MAPPED):
            address = address[12:]
        if code < 0:
            code = look(row, quiet_ms)
            if code == LEFT_STUCK:
                code = SLOW_READ
                tally.orphans += 1
            elif code == SILENT:
                code = IDLE
                idle(cookie)
                idle_received(received)
            elif code > YOUNG:
                code, samples[cookie] = compare(code, row, when, before.earlier(row, when), quiet_ms)
            if code == YOUNG and sent > soon_ms:
                young.setdefault(address, []).append(sent)
        if watch and IDLE <= code <= ACTIVE and address in watch and not wqueue:
            watch[address].append((received, acked, heard, segments))
        try:
            table[address][code] += 1
        except KeyError:
            table[address] = [0] * WIDTH
            table[address][code] = 1
    return tally


def total(rows: Iterable[Counts]) -> Counts:
    """Connections per phase over several addresses."""
    return [sum(column) for column in zip(*rows)] or [0] * WIDTH


def held(counts: Counts) -> int:
    """Connections that nginx holds: accepted, and not on their way out."""
    return sum(counts[:UNACCEPTED]) + counts[YOUNG]


def named(counts: Counts) -> dict[str, int]:
    """Connections per phase by name; the young ones are active as far as anyone can tell."""
    phases = dict(zip(PHASES, counts))
    phases["active"] += counts[YOUNG]
    return phases
