"""Finds the phase of a connection that needs two snapshots, by comparing them. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.phases.one_row import PAUSED_AFTER, UNANSWERED_MS
from ideolab_f2b.connmon.phases.phase import ACTIVE, IDLE, SLOW_READ, STUCK, TRICKLE, YOUNG
from ideolab_f2b.kernel.sockets.row import (
    ACKED,
    DATA_SEGS_IN,
    LASTRCV_MS,
    LASTSND_MS,
    RECEIVED,
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


class ConnectionHistory(NamedTuple):
    """The counters of an undecided connection when it last changed, and its proofs of bad behaviour since."""

    when: float
    received: int
    acked: int
    data_segs_in: int
    proofs: int


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
        earlier = _begin(row, when, 0 if proof is None else earlier.proofs + proof)
    if earlier.proofs < _PROVEN:
        return _find_unproven(code, row, quiet_ms), earlier
    return TRICKLE if row[LASTSND_MS] >= quiet_ms else YOUNG, earlier


def _begin(row: Row, when: float, proofs: int = 0) -> ConnectionHistory:
    return ConnectionHistory(when, row[RECEIVED], row[ACKED], row[DATA_SEGS_IN], proofs)


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
