"""Counts the connections of the watched ports by peer, on this host and in each container looked into."""

from __future__ import annotations

import errno
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Optional

from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.listener import listeners
from ideolab_f2b.kernel.sockets.row import FAMILY, PEER, STATE, SYN_RECV
from ideolab_f2b.namespaces.ask import ask
from ideolab_f2b.namespaces.namespace import SOCKET

#: seconds that all containers may take
PATIENCE_S = 10.0
#: what the kernel says of a socket behind which nobody is
_NOBODY = (errno.ENOENT, errno.ECONNREFUSED)


@dataclass(frozen=True)
class NamespacePeers:
    """One network namespace: who is connected to which of its listening ports; addresses are packed."""

    #: "" for the namespace of this check
    name: str
    netns: int
    #: addresses and gateways of its own
    own: frozenset[bytes]
    #: the connections of each port with a listener, by peer
    peers: Mapping[int, Counter[bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Survey:
    """All places that are looked into; `trouble` says why the opener gave none, "" when it answered."""

    host: NamespacePeers
    containers: tuple[NamespacePeers, ...] = ()
    trouble: str = ""
    #: there is no opener at all, in contrast to one that does not answer this user
    has_opener: bool = True

    def find(self, packed: bytes) -> Optional[NamespacePeers]:
        """Return the container that has this address."""
        return next((place for place in self.containers if packed in place.own), None)


def make(ports: Collection[int], path: str = SOCKET) -> Survey:
    """Look at this host, and at what the opener hands out; it never waits without end."""
    host = look_here(ports)
    found: list[NamespacePeers] = []
    try:
        found.extend(_look_elsewhere(ports, path))
    except OSError as error:
        trouble = error.strerror or str(error)
        return Survey(host, tuple(found), trouble, has_opener=error.errno not in _NOBODY)
    return Survey(host, tuple(found))


def look_here(ports: Collection[int]) -> NamespacePeers:
    """Return the connections of this network namespace."""
    own = frozenset(one.packed for one in address.local_addresses())
    return NamespacePeers("", 0, own, {port: count_peers(port) for port in ports if listeners(port)})


def _look_elsewhere(ports: Collection[int], path: str) -> Iterator[NamespacePeers]:
    deadline = time.monotonic() + PATIENCE_S
    for found in ask(tuple(ports), path=path):
        if time.monotonic() > deadline:
            raise TimeoutError(errno.ETIMEDOUT, f"there was more than can be counted in {PATIENCE_S:.0f} s")
        peers = {port: count_peers(port, found.channel) for port in found.ports if found.channel}
        yield NamespacePeers(found.name, found.netns, found.own, peers)


def count_peers(port: int, channel: Optional[Channel] = None) -> Counter[bytes]:
    """Count the connections to a port by packed peer; without SYN-RECV, which anybody can forge."""
    rows = sock_diag.rows(port, channel=channel)
    return Counter(fold(row[FAMILY], row[PEER]) for row in rows if row[STATE] != SYN_RECV)
