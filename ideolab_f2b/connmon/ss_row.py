"""Reads one row of `ss -tnoi`: addresses, timers and the details of tcp_info."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable

from ideolab_f2b.kernel.sockets.row import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    TIMER_KEEPALIVE,
    TIMER_ON,
    TIMER_PERSIST,
    TIMER_TIMEWAIT,
    Connection,
)

#: inode of a row that does not say whether nginx accepted the connection
INODE_UNKNOWN = -1
#: the words of ss for the states
STATES = {
    "ESTAB": ESTABLISHED,
    "SYN-SENT": SYN_SENT,
    "SYN-RECV": SYN_RECV,
    "FIN-WAIT-1": FIN_WAIT1,
    "FIN-WAIT-2": FIN_WAIT2,
    "TIME-WAIT": TIME_WAIT,
    "UNCONN": CLOSE,
    "CLOSE-WAIT": CLOSE_WAIT,
    "LAST-ACK": LAST_ACK,
    "LISTEN": LISTEN,
    "CLOSING": CLOSING,
}
#: the words of ss for the timers
TIMERS = {
    "on": TIMER_ON,
    "keepalive": TIMER_KEEPALIVE,
    "timewait": TIMER_TIMEWAIT,
    "persist": TIMER_PERSIST,
}
#: states that no client holds any more, or not yet with us
_UNSEEN = frozenset((SYN_SENT, TIME_WAIT, CLOSE, LISTEN))
#: the words of ss for fields of tcp_info, in the order of Connection
_DETAILS = (
    "lastsnd",
    "lastrcv",
    "lastack",
    "bytes_acked",
    "bytes_received",
    "data_segs_in",
    "data_segs_out",
)
#: the same for times in milliseconds, which Connection has in microseconds
_BUSY = ("busy", "rwnd_limited")
_WANTED = frozenset(("timer", "ino", "sk", "cwnd", "rto", *_DETAILS, *_BUSY))
_NO_PORTS: Collection[int] = ()


def parse(text: str, ports: Collection[int] = _NO_PORTS) -> tuple[int, Connection | None, bool]:
    """Return (local port, connection, is it without details) of one row.

    There is no connection when the row is of another port than `ports`, or of a state that no client holds.
    ValueError when it is no row of ss.
    """
    words = text.split()
    if words and words[0] == "tcp":
        del words[0]
    # a filter on one state makes ss leave the column out; the only one that people ask for is established
    state = ESTABLISHED if words and words[0].isdecimal() else STATES.get(words.pop(0) if words else "")
    if state is None or len(words) < 4:
        raise ValueError("not a row of ss")
    rqueue, wqueue, local, remote = int(words[0]), int(words[1]), words[2], words[3]
    port = _port(local)
    if state in _UNSEEN or (ports and port not in ports):
        return port, None, False
    details = _details(words[4:])
    is_bare = state == ESTABLISHED and "cwnd" not in details and "rto" not in details
    family, peer = _peer(remote)
    connection = Connection(
        family,
        state,
        *_timer(details.get("timer", "")),
        socket.htons(_port(remote)),
        peer,
        details.get("sk") or f"{local} {remote}",
        rqueue,
        wqueue,
        _inode(details),
        *(_number(details, key) for key in _DETAILS),
        *(1000 * _number(details, key) for key in _BUSY),
    )
    return port, connection, is_bare


def _port(address: str) -> int:
    text = address.rpartition(":")[2]
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= 65535:
        raise ValueError(f"{address!r} has no port number; add -n")
    return port


def _peer(remote: str) -> tuple[int, bytes]:
    """Return (family, 16 bytes) of `192.0.2.1:5`, `[::ffff:192.0.2.1]:5` or `[fe80::1]%eth0:5`."""
    host = remote.rpartition(":")[0].replace("[", "").replace("]", "").partition("%")[0]
    try:
        if ":" not in host:
            return socket.AF_INET, socket.inet_pton(socket.AF_INET, host) + bytes(12)
        packed = socket.inet_pton(socket.AF_INET6, host)
    except (OSError, UnicodeError, ValueError) as error:
        raise ValueError(f"{remote!r} is not an address and port") from error
    return socket.AF_INET6, packed


def _details(words: Iterable[str]) -> dict[str, str]:
    details: dict[str, str] = {}
    for word in words:
        key, colon, value = word.partition(":")
        if colon and key in _WANTED:
            details.setdefault(key, value)
    return details


def _timer(text: str) -> tuple[int, int]:
    """Return (timer, retransmissions) of `(persist,1min16sec,3)`."""
    kind, _comma, rest = text.strip("()").partition(",")
    count = rest.rpartition(",")[2]
    return TIMERS.get(kind, 0), int(count) if count.isdecimal() else 0


def _inode(details: dict[str, str]) -> int:
    """Return the inode; without -e an accepted connection looks like one that waits to be accepted."""
    if "ino" in details:
        return _number(details, "ino")
    return 0 if "sk" in details else INODE_UNKNOWN


def _number(details: dict[str, str], key: str) -> int:
    """Return the number of `12`, `44ms`, `139576ms(100.0%)`; ss leaves out what is 0."""
    text = details.get(key, "0").partition("ms")[0]
    if not text.isdecimal():
        raise ValueError(f"{key}:{details[key]} is not a number")
    return int(text)
