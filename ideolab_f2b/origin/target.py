"""What is asked for: text -> an address, the network that shares its answer, whether to ask. Pure."""

from __future__ import annotations

import ipaddress
from typing import Optional

from ideolab_f2b.origin.field import Address, Network

#: no longer prefix is taken by the internet at large: its addresses have one origin
GRAIN = {4: 24, 6: 48}
_OWN4 = ("0.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_OWN = {4: [ipaddress.ip_network(text) for text in _OWN4], 6: [ipaddress.ip_network("fc00::/7")]}


def address(text: str) -> Optional[Address]:
    """Of an address (without its zone; IPv4-mapped is IPv4) or of a network (its first); None for others."""
    word = text.strip().partition("/")[0].partition("%")[0]
    try:
        found = ipaddress.ip_address(word)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_public(one: Address) -> bool:
    """Whether a server on the internet may be told: private networks are nobody else's business."""
    if one.is_loopback or one.is_link_local or one.is_multicast or one.is_unspecified:
        return False
    return not any(one in network for network in _OWN[one.version])


def grain(one: Address) -> Network:
    """The /24 or /48 around the address."""
    return ipaddress.ip_network((one, GRAIN[one.version]), strict=False)


def grain_key(one: Address) -> tuple[int, int]:
    """The same for all addresses of one grain()."""
    return one.version, int(one) >> (one.max_prefixlen - GRAIN[one.version])
