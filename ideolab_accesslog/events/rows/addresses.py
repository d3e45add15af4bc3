"""Addresses and networks of events: as text, the network around, and where both begin."""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple, Optional

from ideolab_accesslog.networks import AROUND_BITS, WIDEST_OF_EVENTS, order

#: bits of an IPv6 address behind its /64
_HOST_BITS = 128 - AROUND_BITS[6]
#: addresses whose texts are kept: an attack repeats them
_KEPT = 65536


class Wherefrom(NamedTuple):
    """The address, None for a network; its network; the first address of both as ordered text."""

    ip: Optional[str]
    subnet: Optional[str]
    start: Optional[str]


@lru_cache(_KEPT)
def read_address(text: str) -> Wherefrom:
    """Return an address with its /24 or /64; ValueError for what is none."""
    try:
        # a fifth of the time of ip_address(), and as strict
        packed = socket.inet_pton(socket.AF_INET, text)
    except OSError:
        return _read_other(text)
    return Wherefrom(text, f"{packed[0]}.{packed[1]}.{packed[2]}.0/24", f"4{packed.hex()}")


def _read_other(text: str) -> Wherefrom:
    """Return an IPv6 address with its /64."""
    _require_no_interface(text)
    found = ip_address(text)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return read_address(str(found.ipv4_mapped))
    around = IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)
    return Wherefrom(str(found), f"{around}/{AROUND_BITS[6]}", order(found))


@lru_cache(_KEPT)
def read_network(text: str) -> Wherefrom:
    """Return a network; ValueError for what is none, and for one that no event is about.

    A network of one address is that address.
    """
    _require_no_interface(text)
    found = ip_network(text, strict=False)
    if found.prefixlen == found.max_prefixlen:
        return read_address(str(found.network_address))
    if found.prefixlen < WIDEST_OF_EVENTS[found.version]:
        raise ValueError("it is wider than any search")
    if isinstance(found.network_address, IPv6Address) and found.network_address.ipv4_mapped is not None:
        raise ValueError("it is a network of IPv4 addresses")
    return Wherefrom(None, str(found), order(found.network_address))


def _require_no_interface(text: str) -> None:
    if "%" in text:
        raise ValueError("an interface is part of it")
