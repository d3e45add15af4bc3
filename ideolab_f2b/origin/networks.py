"""Origins by network, in memory: which of them holds an address. The longest prefix wins. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ideolab_f2b.origin import query
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin


class Networks:
    """The network of each origin: its announced prefix, or else the /24 or /48 around the address."""

    def __init__(self, origins: Iterable[tuple[Address, Origin]]) -> None:
        self._origins: dict[tuple[int, int, int], Origin] = {}
        for address, origin in origins:
            prefix = origin.prefix
            network = ipaddress.ip_network(prefix) if prefix else query.smallest_network(address)
            self._origins[_key(address, network.prefixlen)] = origin
        self._lengths = {
            version: sorted({key[1] for key in self._origins if key[0] == version}, reverse=True)
            for version in (4, 6)
        }

    def get(self, address: Address) -> Origin | None:
        """Return the origin of the longest network that holds the address; None when there is none."""
        for length in self._lengths[address.version]:
            origin = self._origins.get(_key(address, length))
            if origin is not None:
                return origin
        return None


def _key(address: Address, length: int) -> tuple[int, int, int]:
    return address.version, length, int(address) >> (address.max_prefixlen - length)
