"""The values of connmon: a connection, a snapshot of them, a suspect, a verdict. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ideolab_f2b.kernel.sockets.row import Row

#: inode of a row that does not say whether nginx accepted the connection
INODE_UNKNOWN = -1


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
