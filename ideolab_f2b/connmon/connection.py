"""The values of connmon: a connection, a snapshot of them, a suspect, a verdict. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

#: linux/tcp_states.h
ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT = 1, 2, 3, 4, 5, 6
CLOSE, CLOSE_WAIT, LAST_ACK, LISTEN, CLOSING = 7, 8, 9, 10, 11
#: idiag_timer of linux/inet_diag.h
TIMER_OFF, TIMER_ON, TIMER_KEEPALIVE, TIMER_TIMEWAIT, TIMER_PERSIST = 0, 1, 2, 3, 4
#: inode of a row that does not say whether nginx accepted the connection
INODE_UNKNOWN = -1

#: a Connection as the kernel reader yields it: a plain tuple, because 100,000 NamedTuples cost twice the time
Row = tuple[
    int, int, int, int, int, bytes, Hashable, int, int, int, int, int, int, int, int, int, int, int, int
]


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
    #: bytes that nginx has not read yet
    rqueue: int
    #: bytes that the client has not acknowledged yet
    wqueue: int
    #: 0 for a socket that no process owns: not accepted yet, or already closed
    inode: int
    lastsnd_ms: int
    lastrcv_ms: int
    lastack_ms: int
    acked: int
    received: int
    data_segs_in: int
    data_segs_out: int
    busy_us: int
    rwnd_limited_us: int


@dataclass
class Snapshot:
    """All connections of one local port at one instant (epoch seconds); `rows` may be read only once."""

    when: float
    port: int
    rows: Iterable[Row]
    #: lines that were cut or garbled
    skipped: int = 0


class Cluster(NamedTuple):
    """Addresses whose connections do the same and were set up by the same kind of TCP."""

    key: str
    phase: str
    addresses: int
    connections: int


@dataclass(frozen=True)
class Suspect:
    """An address, or a /24 or /64, with what its connections are doing and why that is too much."""

    address: str
    #: ip or net
    scope: str
    score: int
    connections: int
    addresses: int
    phases: dict[str, int]
    #: short sentences for people
    why: tuple[str, ...] = ()
    #: how its connections were set up, most of them; "" where that was not read
    network_key: str = ""
    clusters: tuple[Cluster, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What one snapshot, together with those before it, says."""

    suspects: list[Suspect] = field(default_factory=list)
    #: connections per phase, over all peers
    phases: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    established: int = 0
    #: seconds until enough quiet connections of one address are old enough to count; None: no need to hurry
    ripe_in_s: float | None = None
    explain: Callable[[], list[Suspect]] = list
    clusters: tuple[Cluster, ...] = ()

    def table(self) -> list[Suspect]:
        """Every address and network seen, the worst first; computed only when asked."""
        return self.explain()
