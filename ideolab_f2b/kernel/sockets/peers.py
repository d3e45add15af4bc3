"""Finds the peers of sockets that lie in given networks: the kernel does, or one look-up for each peer."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import Optional

from ideolab_f2b.kernel.address import Address, Network
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import fold, peer_condition
from ideolab_f2b.kernel.sockets.row import FAMILY, PEER

#: peers whose answer is remembered: a flood comes from any number of addresses
KNOWN = 20_000


class Peers(dict[bytes, bool]):
    """Whether a peer, 16 bytes as in a Row, of sockets of one family lies in the networks."""

    def __init__(self, family: int, networks: Collection[Network]) -> None:
        self._family = family
        #: the packed networks' leading bits by (bytes of the address, bits that follow)
        self._prefixes: dict[tuple[int, int], set[int]] = {}
        for network in networks:
            size, rest = network.max_prefixlen // 8, network.max_prefixlen - network.prefixlen
            self._prefixes.setdefault((size, rest), set()).add(int(network.network_address) >> rest)

    def __missing__(self, peer: bytes) -> bool:
        address = fold(self._family, peer)
        value = int.from_bytes(address, "big")
        is_inside = any(
            size == len(address) and value >> rest in prefixes
            for (size, rest), prefixes in self._prefixes.items()
        )
        if len(self) < KNOWN:
            self[peer] = is_inside
        return is_inside


def dump_condition(networks: Collection[Network]) -> bytes:
    """Return the attribute of a dump of these networks' peers; several networks have none.

    A single network is tested by the kernel, which then copies no other socket.
    """
    if len(networks) > 1:
        return b""
    (network,) = networks
    return peer_condition(network.network_address.packed, network.prefixlen)


def find_peers(
    network: Network, ports: Collection[int], *, channel: Optional[Channel] = None
) -> set[Address]:
    """Return the addresses of the network that have a connection to one of the local ports; KernelError.

    `channel` looks into its own namespace.
    """
    condition = dump_condition([network])
    rows = (row for port in ports for row in sock_diag.rows(port, condition, channel=channel))
    found = {ip_address(packed) for packed in {fold(row[FAMILY], row[PEER]) for row in rows}}
    # for the kernel a mapped peer lies in ::/64
    return {address for address in found if address in network}
