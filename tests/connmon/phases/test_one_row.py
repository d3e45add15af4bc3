"""one_row: what one connection is doing, alone."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.phases.one_row import find_phase
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
from ideolab_f2b.kernel.sockets.row import CLOSE_WAIT, FIN_WAIT1, SYN_RECV, TIMER_ON, Connection
from tests.connmon.crowd import connection, handshake, held, lost, served

ME = "198.51.100.9"
QUIET_MS = 8000


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(connection(ME, age_s=8), MUTE, id="mute"),
        pytest.param(connection(ME, age_s=7.9), YOUNG, id="mute, too young"),
        pytest.param(connection(ME, age_s=90, inode=0), UNACCEPTED, id="not accepted"),
        pytest.param(connection(ME, age_s=90, inode=-1), MUTE, id="accepted or not is unknown"),
        pytest.param(connection(ME, state=SYN_RECV, inode=0), HALF_OPEN, id="half-open"),
        pytest.param(
            connection(ME, lastsnd_ms=9000, lastrcv_ms=500, received=17, data_segs_in=17),
            PARTIAL_HELLO,
            id="a hello byte by byte",
        ),
        pytest.param(connection(ME, age_s=9, received=258, data_segs_in=1), PARTIAL_HELLO, id="half a hello"),
        pytest.param(connection(ME, age_s=3, received=258, data_segs_in=1), YOUNG, id="half a hello, young"),
        pytest.param(
            connection(ME, age_s=9, received=517, rqueue=517, data_segs_in=1), ACTIVE, id="we do not read"
        ),
        pytest.param(
            connection(ME, lastsnd_ms=9000, lastrcv_ms=20, received=60, rqueue=5, data_segs_in=3),
            PARTIAL_HELLO,
            id="bytes that came this moment are not our stall",
        ),
        pytest.param(handshake(ME, age_s=9), HANDSHAKE_ONLY, id="handshake, TLS 1.3"),
        pytest.param(
            handshake(ME, age_s=9, received=366, acked=5200), HANDSHAKE_ONLY, id="TLS 1.2, long chain"
        ),
        pytest.param(handshake(ME, age_s=9, received=1750, data_segs_in=1), HANDSHAKE_ONLY, id="hello only"),
        pytest.param(handshake(ME, age_s=2), YOUNG, id="handshake, young"),
        pytest.param(handshake(ME, age_s=9, received=1800), SILENT, id="a request with the Finished"),
        pytest.param(served(ME, age_s=9), SILENT, id="served, then silent"),
        pytest.param(served(ME, age_s=2), FRESH, id="served just now"),
        pytest.param(served(ME, 9, age_s=2), ACTIVE, id="in use"),
        pytest.param(served(ME, lastsnd_ms=9000, lastrcv_ms=3000), UNANSWERED, id="client spoke last"),
        pytest.param(served(ME, lastsnd_ms=9000, lastrcv_ms=8000), SILENT, id="both long ago"),
        pytest.param(held(ME, 2300, 8), SLOW_READ, id="window shut"),
        pytest.param(held(ME, 2300, 8, rqueue=9), SLOW_READ, id="window shut, and more was sent"),
        pytest.param(held(ME, 2300, 8, timer=0), SLOW_READ, id="window shut, ss without -o"),
        pytest.param(held(ME, 2300, 5), STUCK, id="window shut, young"),
        pytest.param(held(ME, 300_000, 40), STUCK, id="paused after much"),
        pytest.param(lost(ME, 2300, 9), ACTIVE, id="out of reach"),
        pytest.param(held(ME, 2300, 5, timer=TIMER_ON), STUCK, id="a moment of sending between shut windows"),
        pytest.param(held(ME, 2300, 30, state=FIN_WAIT1, inode=0), LEFT_STUCK, id="left by nginx, not read"),
        pytest.param(held(ME, 300_000, 30, state=FIN_WAIT1, inode=0), CLOSING_DOWN, id="left while paused"),
        pytest.param(lost(ME, 2300, 30, state=FIN_WAIT1, inode=0), CLOSING_DOWN, id="left, out of reach"),
        pytest.param(connection(ME, state=CLOSE_WAIT, age_s=30), CLOSING_DOWN, id="closed by the client"),
    ],
)
def test_the_phase_of_one_row(row: Connection, code: int) -> None:
    """One row, judged alone."""
    assert find_phase(row, QUIET_MS) == code
