"""Finds the phase of a connection that needs two snapshots, by comparing them. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.phases.one_row import PAUSED_AFTER, UNANSWERED_MS
from ideolab_f2b.connmon.phases.phase import ACTIVE, IDLE, SLOW_READ, STUCK, TRICKLE, YOUNG
from ideolab_f2b.kernel.sockets.row import (
    ACKED,
    BUSY_US,
    DATA_SEGS_IN,
    LASTRCV_MS,
    LASTSND_MS,
    RECEIVED,
    RWND_LIMITED_US,
    TIMER,
    TIMER_PERSIST,
    Row,
)

#: milliseconds; the time we may take to answer: a lone segment younger than this says nothing yet
ANSWER_MS = 500
#: bytes; a client that was given this much and now says little is no upload of single bytes
ANSWERED = 64 * 1024
#: bytes per second below which a download is held, not slow
SLOW_RATE = 500
#: bytes per segment below which an upload is a trickle
PIECE = 100
#: bytes per second, for the same
TRICKLE_RATE = 100
#: bytes; a TLS record this short holds no request
TINY_PIECE = 40
#: segments of hello, Finished and the first pieces of a request
FIRST_SEGS = 4
#: bytes of the same
FIRST_BYTES = 800
#: bytes of a post-quantum hello, which fills two segments
LONG_HELLO = 1500
#: bytes of hello, Finished and the first pieces of a request after such a hello
LONG_FIRST_BYTES = 2200
#: so many proofs of bad behaviour are enough
_PROVEN = 2
#: times that a client says more before its answer has come which are no second thought of a visitor
_OFTEN = 2
#: seconds within which few visitors ask again
_SOON_S = 15.0
#: microseconds for which a client's window must have held an answer back
_HELD_US = 5_000_000
#: bytes per second of an answer that is held back: a modem is not slower, and its window stays open
_HELD_RATE = 4000


class ConnectionHistory(NamedTuple):
    """The counters of an undecided connection when it last changed, and its proofs of bad behaviour since."""

    when: float
    received: int
    acked: int
    data_segs_in: int
    proofs: int
    #: since when the client speaks without an answer, and what it had sent by then
    since: float = 0.0
    said: int = 0
    #: snapshots since then in which it had said more
    times: int = 0

    def speaks_on(self, received: int) -> bool:
        """Return whether the client has said more since, without an answer, and too little for an upload."""
        return 0 < received - self.said < SLOW_RATE * max(1.0, self.when - self.since)

    def speaks_often(self) -> bool:
        """Return whether it did so more than once: people ask again too where an answer is late."""
        return self.times >= _OFTEN

    def speaks_soon(self) -> bool:
        """Return whether it did so once, and soon: some people do, but hardly all of them."""
        return self.times < _OFTEN and self.when - self.since <= _SOON_S


def is_held_back(row: Row) -> bool:
    """Return whether a client that took little lets us wait with its answer nearly all the time."""
    busy, limited, acked = row[BUSY_US], row[RWND_LIMITED_US], row[ACKED]
    is_slow = acked < PAUSED_AFTER and acked * 1_000_000 < _HELD_RATE * busy
    return busy >= _HELD_US and limited * 10 >= busy * 9 and is_slow


def compare(
    code: int, row: Row, when: float, earlier: ConnectionHistory | None, quiet_ms: int
) -> tuple[int, ConnectionHistory]:
    """Return (phase or YOUNG, history to keep) of a row for which `find_phase` found only `code`."""
    received, acked = row[RECEIVED], row[ACKED]
    if earlier is None or received < earlier.received or acked < earlier.acked or when <= earlier.when:
        return _find_unproven(code, row, quiet_ms), _begin(row, when)
    if code == STUCK:
        return _compare_sending(row, when, earlier, quiet_ms)
    if acked != earlier.acked or acked >= ANSWERED:
        return _find_unproven(code, row, quiet_ms), _begin(row, when)
    is_pending = row[LASTRCV_MS] < ANSWER_MS and row[DATA_SEGS_IN] - earlier.data_segs_in < 2
    if received != earlier.received and not is_pending:
        proof = _count_proofs(row, when, earlier, quiet_ms)
        proofs = 0 if proof is None else earlier.proofs + proof
        since, said, times = earlier.since, earlier.said, earlier.times + 1
        earlier = ConnectionHistory(when, received, acked, row[DATA_SEGS_IN], proofs, since, said, times)
    if earlier.proofs < _PROVEN:
        return _find_unproven(code, row, quiet_ms), earlier
    return TRICKLE if row[LASTSND_MS] >= quiet_ms else YOUNG, earlier


def _begin(row: Row, when: float, proofs: int = 0) -> ConnectionHistory:
    received = row[RECEIVED]
    return ConnectionHistory(when, received, row[ACKED], row[DATA_SEGS_IN], proofs, when, received)


def _find_unproven(code: int, row: Row, quiet_ms: int) -> int:
    """Return the phase of a row against which too little is proven: hostile if it goes on, or active."""
    is_held = code == STUCK and row[TIMER] == TIMER_PERSIST and row[ACKED] < PAUSED_AFTER
    return YOUNG if is_held and row[LASTSND_MS] < quiet_ms else ACTIVE


def _compare_sending(
    row: Row, when: float, earlier: ConnectionHistory, quiet_ms: int
) -> tuple[int, ConnectionHistory]:
    """Find a slow reader: a whole quiet time brought less than SLOW_RATE, twice if it took much before."""
    span, grown, quiet = when - earlier.when, row[ACKED] - earlier.acked, quiet_ms / 1000
    took_much = row[ACKED] >= PAUSED_AFTER
    if grown >= SLOW_RATE * max(span, quiet):
        return ACTIVE, _begin(row, when)
    if took_much and not grown:
        return IDLE if span >= quiet else ACTIVE, earlier
    if span >= quiet:
        earlier = _begin(row, when, earlier.proofs + (1 if took_much else _PROVEN))
    if earlier.proofs >= _PROVEN:
        return SLOW_READ, earlier
    return _find_unproven(STUCK, row, quiet_ms), earlier


def _count_proofs(row: Row, when: float, earlier: ConnectionHistory, quiet_ms: int) -> int | None:
    """Return how many proofs of a trickle the new bytes are; None when they speak against one."""
    grown, pieces = row[RECEIVED] - earlier.received, row[DATA_SEGS_IN] - earlier.data_segs_in
    if grown > PIECE * pieces or grown > TRICKLE_RATE * max(when - earlier.when, 1.0):
        return None
    late_ms = row[LASTSND_MS] - row[LASTRCV_MS]
    if _is_first_request(earlier) and late_ms > UNANSWERED_MS:
        return _PROVEN
    if grown > TINY_PIECE * pieces:
        return 0
    return _PROVEN if late_ms >= quiet_ms else 1


def _is_first_request(earlier: ConnectionHistory) -> bool:
    """Return whether the client sent so little that its first request is incomplete, or a very short one."""
    if earlier.received >= LONG_HELLO:
        return earlier.data_segs_in <= FIRST_SEGS + 1 and earlier.received <= LONG_FIRST_BYTES
    return earlier.data_segs_in <= FIRST_SEGS and earlier.received <= FIRST_BYTES
