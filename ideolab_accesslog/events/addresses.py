"""Addresses and networks of events: as text, the network around, and where both begin."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple, Union

#: length of the network around an address, as in docs/report.md
AROUND = {4: 24, 6: 64}
#: addresses whose texts are kept: an attack repeats them
_KEPT = 65536


class Wherefrom(NamedTuple):
    """The address, "" for a network; its network; the first address of both as ordered text."""

    ip: str
    subnet: str
    start: str


@lru_cache(_KEPT)
def read_address(text: str) -> Wherefrom:
    """Return an address with its /24 or /64; ValueError for what is none."""
    found = ip_address(text)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return read_address(str(found.ipv4_mapped))
        if "%" in text:
            raise ValueError("an interface is part of it")
    number, bits = int(found), found.max_prefixlen
    length = AROUND[found.version]
    first = number >> (bits - length) << (bits - length)
    around = (IPv4Address if found.version == 4 else IPv6Address)(first)
    return Wherefrom(str(found), f"{around}/{length}", order(found))


@lru_cache(_KEPT)
def read_network(text: str) -> Wherefrom:
    """Return a network; ValueError for what is none. A network of one address is that address."""
    found = ip_network(text, strict=False)
    if found.prefixlen == found.max_prefixlen:
        return read_address(str(found.network_address))
    return Wherefrom("", str(found), order(found.network_address))


def order(address: Union[IPv4Address, IPv6Address]) -> str:
    """Return the text of ConnmonEvent.start: digits of one length, which each database orders as numbers."""
    return f"4{int(address):08x}" if address.version == 4 else f"6{int(address):032x}"


def span(network: Union[IPv4Network, IPv6Network]) -> tuple[str, str]:
    """Return the first and the last value of `start` in a network."""
    return order(network.network_address), order(network.broadcast_address)
