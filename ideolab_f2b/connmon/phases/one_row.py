"""Finds the phase of a connection from its counters in one snapshot. Pure."""

from __future__ import annotations

from ideolab_f2b.connmon.phases.phase import (
    ACTIVE,
    CLOSING_DOWN,
    FRESH,
    HALF_OPEN,
    HANDSHAKE_ONLY,
    LEFT_STUCK,
    MUTE,
    PARTIAL_HELLO,
    SILENT,
    SLOW_READ,
    STUCK,
    UNACCEPTED,
    UNANSWERED,
    YOUNG,
)
from ideolab_f2b.kernel.sockets.row import (
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    LAST_ACK,
    SYN_RECV,
    TIMER_OFF,
    TIMER_PERSIST,
    Row,
)

#: milliseconds; unread bytes older than this are nginx's own stall
UNREAD_MS = 1000
#: milliseconds; the client spoke at least this long after us: not the second half of one exchange
UNANSWERED_MS = 1500
#: bytes; who has taken this much and then stops reading is a paused player, not a slow reader
PAUSED_AFTER = 128 * 1024
#: bytes; a hello, a Finished (or TLS 1.2's three records) and nothing else fit in this
HANDSHAKE_BYTES = 700
#: data segments of the client; a connection with no more may still be at its first request
FRESH_SEGS = 6
#: bytes that the client sent, for the same
FRESH_RECEIVED = 4096
#: bytes that the client acknowledged, for the same
FRESH_ACKED = 8192


#: states in which one side has closed and the kernel may still hold bytes that the client does not take
_MAY_BE_STUCK = frozenset((FIN_WAIT1, CLOSE_WAIT, LAST_ACK, CLOSING))


def find_phase(row: Row, quiet_ms: int) -> int:
    """Return the code of one row's phase; one above SILENT is to be compared with an earlier snapshot.

    `quiet_ms` are the milliseconds after which a connection counts as quiet.
    """
    (
        _family, state, timer, retrans, _port, _peer, _cookie, rqueue, wqueue, inode,
        sent, heard, _ack, acked, received, segments, _out, busy, limited,
    ) = row  # fmt: skip
    if state != ESTABLISHED:
        is_stuck = wqueue and timer == TIMER_PERSIST and sent >= quiet_ms and acked < PAUSED_AFTER
        return _find_leaving(state, bool(is_stuck))
    if not inode:
        return UNACCEPTED
    if not received:
        return MUTE if sent >= quiet_ms and heard >= quiet_ms else YOUNG
    if rqueue and heard >= UNREAD_MS and timer != TIMER_PERSIST:
        # nginx reads no more while it answers, so a second request waits: our stall, or the client's
        return ACTIVE
    if not (acked or wqueue):
        return PARTIAL_HELLO if sent >= quiet_ms else YOUNG
    if wqueue:
        is_held = timer == TIMER_PERSIST or (timer == TIMER_OFF and limited > 0)
        if is_held and sent >= quiet_ms and acked < PAUSED_AFTER:
            return SLOW_READ
        is_limited = limited and limited * 10 >= busy * 9 and not retrans
        return STUCK if is_held or is_limited else ACTIVE
    if heard + UNANSWERED_MS < sent:
        return UNANSWERED
    is_handshake = segments == 1 or (segments == 2 and received <= HANDSHAKE_BYTES)
    if sent >= quiet_ms and heard >= quiet_ms:
        return HANDSHAKE_ONLY if is_handshake else SILENT
    if is_handshake:
        return YOUNG
    is_fresh = segments <= FRESH_SEGS and received < FRESH_RECEIVED and acked < FRESH_ACKED
    return FRESH if is_fresh else ACTIVE


def _find_leaving(state: int, is_stuck: bool) -> int:
    """Return the phase of a connection that is not established (yet, or any more)."""
    if state == SYN_RECV:
        return HALF_OPEN
    return LEFT_STUCK if is_stuck and state in _MAY_BE_STUCK else CLOSING_DOWN
