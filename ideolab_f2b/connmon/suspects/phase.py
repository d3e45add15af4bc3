"""What one connection is doing, from its counters and, where they are not enough, an earlier sample. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.kernel.sockets.row import (
    ACKED,
    BUSY_US,
    CLOSE_WAIT,
    CLOSING,
    DATA_SEGS_IN,
    ESTABLISHED,
    FIN_WAIT1,
    LAST_ACK,
    LASTRCV_MS,
    LASTSND_MS,
    RECEIVED,
    RETRANS,
    RWND_LIMITED_US,
    STATE,
    SYN_RECV,
    TIMER,
    TIMER_OFF,
    TIMER_PERSIST,
    WQUEUE,
    Row,
)

#: every phase; the index is its code. The first five are hostile, the last three are never scored
PHASES = (
    "mute",
    "partial-hello",
    "handshake-only",
    "trickle",
    "slow-read",
    "idle",
    "active",
    "unaccepted",
    "half-open",
    "closing",
)
MUTE, PARTIAL_HELLO, HANDSHAKE_ONLY, TRICKLE, SLOW_READ, IDLE, ACTIVE, UNACCEPTED, HALF_OPEN, CLOSING_DOWN = (
    range(10)
)
#: the first so many phases are hostile
HOSTILE = 5
#: what one look finds besides: active now and hostile if it goes on; held open by a client after nginx left;
#: idle, and to be remembered; and what only a comparison with an earlier sample can tell
YOUNG, LEFT_STUCK, SILENT, UNANSWERED, FRESH, STUCK = range(10, 16)

#: unread bytes older than this are nginx's own stall
UNREAD_MS = 1000
#: the client spoke at least this long after us: not the second half of one exchange
UNANSWERED_MS = 1500
#: the time we may take to answer: a lone segment younger than this says nothing yet
ANSWER_MS = 500
#: who has taken this much and then stops reading is a paused player, not a slow reader
PAUSED_AFTER = 128 * 1024
#: a client that was given this much and now says little is no upload of single bytes
ANSWERED = 64 * 1024
#: bytes per second below which a download is held, not slow
SLOW_RATE = 500
#: bytes per segment and per second below which an upload is a trickle
PIECE, TRICKLE_RATE = 100, 100
#: a TLS record this short holds no request
TINY_PIECE = 40
#: a hello, a Finished (or TLS 1.2's three records) and nothing else fit in this
HANDSHAKE_BYTES = 700
#: segments and bytes of hello, Finished and the first pieces of a request; then of a post-quantum hello
FIRST_SEGS, FIRST_BYTES, LONG_HELLO, LONG_FIRST_BYTES = 4, 800, 1500, 2200
#: a connection with no more than this may still be at its first request
FRESH_SEGS, FRESH_RECEIVED, FRESH_ACKED = 6, 4096, 8192
_PROVEN = 2


class Sample(NamedTuple):
    """What an undecided connection looked like when it last changed, and how often it misbehaved since."""

    when: float
    received: int
    acked: int
    data_segs_in: int
    proofs: int


def look(row: Row, quiet_ms: int) -> int:
    """The phase of one row, or what only a comparison can tell (YOUNG and above)."""
    (
        _family, state, timer, _retrans, _port, _peer, _cookie, rqueue, wqueue, inode,
        sent, heard, _ack, acked, received, segments, _out, _busy, _limited,
    ) = row  # fmt: skip
    if state != ESTABLISHED:
        return _leaving(row, quiet_ms)
    if not inode:
        return UNACCEPTED
    if not received:
        return MUTE if sent >= quiet_ms and heard >= quiet_ms else YOUNG
    if rqueue and heard >= UNREAD_MS and timer != TIMER_PERSIST:
        return UNACCEPTED
    if not acked:
        return PARTIAL_HELLO if sent >= quiet_ms else YOUNG
    if wqueue:
        return _sending(row, quiet_ms)
    if heard + UNANSWERED_MS < sent:
        return UNANSWERED
    is_handshake = segments == 1 or (segments == 2 and received <= HANDSHAKE_BYTES)
    if sent >= quiet_ms and heard >= quiet_ms:
        return HANDSHAKE_ONLY if is_handshake else SILENT
    if is_handshake:
        return YOUNG
    is_fresh = segments <= FRESH_SEGS and received < FRESH_RECEIVED and acked < FRESH_ACKED
    return FRESH if is_fresh else ACTIVE


def _leaving(row: Row, quiet_ms: int) -> int:
    state = row[STATE]
    if state == SYN_RECV:
        return HALF_OPEN
    if row[WQUEUE] and row[TIMER] == TIMER_PERSIST and state in (FIN_WAIT1, CLOSE_WAIT, LAST_ACK, CLOSING):
        return LEFT_STUCK if row[LASTSND_MS] >= quiet_ms and row[ACKED] < PAUSED_AFTER else CLOSING_DOWN
    return CLOSING_DOWN


def _sending(row: Row, quiet_ms: int) -> int:
    """We have bytes for the client: does its window hold them back?"""
    timer, busy, limited = row[TIMER], row[BUSY_US], row[RWND_LIMITED_US]
    is_held = timer == TIMER_PERSIST or (timer == TIMER_OFF and limited > 0)
    if is_held and row[LASTSND_MS] >= quiet_ms and row[ACKED] < PAUSED_AFTER:
        return SLOW_READ
    return STUCK if is_held or (limited and limited * 10 >= busy * 9 and not row[RETRANS]) else ACTIVE


def compare(code: int, row: Row, when: float, earlier: Sample | None, quiet_ms: int) -> tuple[int, Sample]:
    """(phase or YOUNG, sample to keep) of a row that `look` left open."""
    received, acked = row[RECEIVED], row[ACKED]
    if earlier is None or received < earlier.received or acked < earlier.acked or when <= earlier.when:
        return _unproven(code, row, quiet_ms), Sample(when, received, acked, row[DATA_SEGS_IN], 0)
    if code == STUCK:
        return _compare_sending(row, when, earlier, quiet_ms)
    if acked != earlier.acked or acked >= ANSWERED:
        return _unproven(code, row, quiet_ms), Sample(when, received, acked, row[DATA_SEGS_IN], 0)
    is_pending = row[LASTRCV_MS] < ANSWER_MS and row[DATA_SEGS_IN] - earlier.data_segs_in < 2
    if received != earlier.received and not is_pending:
        proof = _proof(row, when, earlier, quiet_ms)
        proofs = 0 if proof is None else earlier.proofs + proof
        earlier = Sample(when, received, acked, row[DATA_SEGS_IN], proofs)
    if earlier.proofs < _PROVEN:
        return _unproven(code, row, quiet_ms), earlier
    return TRICKLE if row[LASTSND_MS] >= quiet_ms else YOUNG, earlier


def _unproven(code: int, row: Row, quiet_ms: int) -> int:
    is_held = code == STUCK and row[TIMER] == TIMER_PERSIST and row[ACKED] < PAUSED_AFTER
    return YOUNG if is_held and row[LASTSND_MS] < quiet_ms else ACTIVE


def _compare_sending(row: Row, when: float, earlier: Sample, quiet_ms: int) -> tuple[int, Sample]:
    """Slow when a whole quiet time brought less than SLOW_RATE; twice when the client took much before."""
    span, grown, quiet = when - earlier.when, row[ACKED] - earlier.acked, quiet_ms / 1000
    took_much = row[ACKED] >= PAUSED_AFTER
    if grown >= SLOW_RATE * max(span, quiet):
        return ACTIVE, Sample(when, row[RECEIVED], row[ACKED], row[DATA_SEGS_IN], 0)
    if took_much and not grown:
        return IDLE if span >= quiet else ACTIVE, earlier
    if span >= quiet:
        proofs = earlier.proofs + (1 if took_much else _PROVEN)
        earlier = Sample(when, row[RECEIVED], row[ACKED], row[DATA_SEGS_IN], proofs)
    if earlier.proofs >= _PROVEN:
        return SLOW_READ, earlier
    return _unproven(STUCK, row, quiet_ms), earlier


def _proof(row: Row, when: float, earlier: Sample, quiet_ms: int) -> int | None:
    """How much the bytes that came since the earlier sample speak for a trickle; None: against it."""
    grown, pieces = row[RECEIVED] - earlier.received, row[DATA_SEGS_IN] - earlier.data_segs_in
    if grown > PIECE * pieces or grown > TRICKLE_RATE * max(when - earlier.when, 1.0):
        return None
    late_ms = row[LASTSND_MS] - row[LASTRCV_MS]
    if _is_first_request(earlier) and late_ms > UNANSWERED_MS:
        return _PROVEN
    if grown > TINY_PIECE * pieces:
        return 0
    return _PROVEN if late_ms >= quiet_ms else 1


def _is_first_request(earlier: Sample) -> bool:
    """Has the client sent so little that its first request cannot be complete, or is a very short one?"""
    if earlier.received >= LONG_HELLO:
        return earlier.data_segs_in <= FIRST_SEGS + 1 and earlier.received <= LONG_FIRST_BYTES
    return earlier.data_segs_in <= FIRST_SEGS and earlier.received <= FIRST_BYTES
