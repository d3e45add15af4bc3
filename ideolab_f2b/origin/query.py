"""The address of a question: reads it, says whether it is public, and which network it shares. Pure."""

from __future__ import annotations

import ipaddress
from typing import Optional

from ideolab_f2b.config import Network
from ideolab_f2b.origin.field import Address

#: the longest prefix that the internet at large takes, by version: its addresses have one origin
LONGEST = {4: 24, 6: 48}
#: networks that are not of the internet: private, and shared by customers of a provider
_OWN4 = ("0.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_OWN = {4: [ipaddress.ip_network(text) for text in _OWN4], 6: [ipaddress.ip_network("fc00::/7")]}


def parse_address(text: str) -> Optional[Address]:
    """Read an address (without its zone; IPv4-mapped is IPv4) or a network (its first); None for others."""
    word = text.strip().partition("/")[0].partition("%")[0]
    try:
        found = ipaddress.ip_address(word)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_public(one: Address) -> bool:
    """Return whether servers on the internet may be asked for an address; never for a private one."""
    if one.is_loopback or one.is_link_local or one.is_multicast or one.is_unspecified:
        return False
    return not any(one in network for network in _OWN[one.version])


def smallest_network(one: Address) -> Network:
    """Return the /24 or /48 around the address."""
    return ipaddress.ip_network((one, LONGEST[one.version]), strict=False)


def smallest_network_key(one: Address) -> tuple[int, int]:
    """Return a key that is equal for all addresses of one smallest_network()."""
    return one.version, int(one) >> (one.max_prefixlen - LONGEST[one.version])
