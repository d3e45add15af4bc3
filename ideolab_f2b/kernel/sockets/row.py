"""One TCP connection as a row: its columns by name, and the kernel's numbers that stand in them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

#: states of a TCP socket (linux/tcp_states.h)
(
    ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN,
    CLOSING,
) = range(1, 12)  # fmt: skip
#: which timer of a socket runs (idiag_timer of linux/inet_diag.h); PERSIST waits for the peer's closed window
TIMER_OFF, TIMER_ON, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PERSIST = range(5)

#: a Connection as the kernel's reader yields it: a plain tuple, for 100,000 NamedTuples cost twice the time
Row = tuple[
    int, int, int, int, int, bytes, Hashable, int, int, int, int, int, int, int, int, int, int, int, int
]  # fmt: skip
#: the columns of a Row, in the order of Connection's fields, which say what is in them
FAMILY: Final = 0
STATE: Final = 1
TIMER: Final = 2
RETRANS: Final = 3
PEER_PORT_BE: Final = 4
PEER: Final = 5
COOKIE: Final = 6
RQUEUE: Final = 7
WQUEUE: Final = 8
INODE: Final = 9
LASTSND_MS: Final = 10
LASTRCV_MS: Final = 11
LASTACK_MS: Final = 12
ACKED: Final = 13
RECEIVED: Final = 14
DATA_SEGS_IN: Final = 15
DATA_SEGS_OUT: Final = 16
BUSY_US: Final = 17
RWND_LIMITED_US: Final = 18


class Connection(NamedTuple):
    """One socket of the watched port, seen from the server; tcp_info fields are 0 where it has none."""

    #: AF_INET (2) or AF_INET6 (10)
    family: int
    state: int
    timer: int
    #: retransmissions or zero-window probes that stay unanswered
    retrans: int
    #: in network byte order, as in idiag_dport
    peer_port_be: int
    #: 16 bytes as in idiag_dst: IPv4 in the first four and zeros after it, or mapped into IPv6
    peer: bytes
    #: the same in each snapshot as long as the connection lives
    cookie: Hashable
    #: bytes that the server has not read yet
    rqueue: int
    #: bytes that the client has not acknowledged yet
    wqueue: int
    #: 0 for a socket that no process owns: not accepted yet, or already closed
    inode: int
    #: milliseconds since the server last sent data
    lastsnd_ms: int
    #: milliseconds since the client's data last came
    lastrcv_ms: int
    #: milliseconds since the client's last acknowledgement
    lastack_ms: int
    #: bytes that the client acknowledged
    acked: int
    #: bytes that came from the client
    received: int
    data_segs_in: int
    data_segs_out: int
    #: microseconds in which there was data to send
    busy_us: int
    #: microseconds of these in which the client's window held it back
    rwnd_limited_us: int


def mask(*states: int) -> int:
    """Return the bits that ask a dump for these states."""
    return sum(1 << state for state in states)
