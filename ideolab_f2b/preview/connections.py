"""How many of the present connections to the served ports a ban would end."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Callable, NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, FAMILY, PEER, STATE


class ConnectionShare(NamedTuple):
    """How many of all established connections have a peer in the networks."""

    inside: int
    total: int


def read_peers(ports: Iterable[int]) -> list[Key]:
    """Return the peer of each established connection to these local ports; KernelError."""
    return [
        _key(fold(row[FAMILY], row[PEER]))
        for port in ports
        for row in sock_diag.rows(port)
        if row[STATE] == ESTABLISHED
    ]


def measure(peers: Optional[list[Key]], holds: Callable[[Key], bool]) -> Optional[ConnectionShare]:
    """Return the part of the peers that `holds` says yes to; None where they are not known."""
    if peers is None:
        return None
    return ConnectionShare(sum(map(holds, peers)), len(peers))


def _key(packed: bytes) -> Key:
    return (4 if len(packed) == 4 else 6), int(ipaddress.ip_address(packed)), 8 * len(packed)
