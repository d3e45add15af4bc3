"""An address or network over a threshold, and suspects that are alike. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Cluster(NamedTuple):
    """Addresses whose connections do the same and were set up by the same kind of TCP."""

    #: the network key that its addresses have in common
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
    #: connections by the name of their phase
    phases: dict[str, int]
    #: short sentences for people
    why: tuple[str, ...] = ()
    #: how its connections were set up, most of them; "" where that was not read
    network_key: str = ""
    clusters: tuple[Cluster, ...] = ()
