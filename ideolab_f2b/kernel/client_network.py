"""The IPv6 networks in which a /64 is not one customer: there a client is known by its whole address. Pure.

A translator puts all IPv4 clients into one /64, a Teredo server all of its own, and every neighbour on a link
has an address in fe80::/64. ideolab_accesslog/networks.py has the same list: tests compare them.
"""

from __future__ import annotations

import ipaddress
from typing import Final

_IPV4 = ipaddress.IPv6Network("::/32")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/32")
_TEREDO = ipaddress.IPv6Network("2001::/32")
#: addresses made of IPv4 ones (RFC 4291, 2765), of translators (RFC 6052, 8215), of Teredo (RFC 4380), a link
SHARED: Final = (_IPV4, _TRANSLATED, _TEREDO, ipaddress.IPv6Network("fe80::/32"))
#: the first four bytes of the addresses in them
PREFIXES: Final = frozenset(one.network_address.packed[:4] for one in SHARED)
#: bytes of an IPv4 address, and of an IPv6 /64
_IPV4_SIZE, _PREFIX = 4, 8


def is_shared(packed: bytes) -> bool:
    """Return whether clients share a /64 where this IPv6 address, or a network by its first bytes, lies."""
    return packed[:4] in PREFIXES


def client_part(packed: bytes) -> bytes:
    """Return the bytes by which a client is known: 8 of an IPv6 address, or all where /64 are shared."""
    return packed[:_PREFIX] if len(packed) > _IPV4_SIZE and packed[:4] not in PREFIXES else packed


def ipv4_of(packed: bytes) -> bytes:
    """Return the packed IPv4 address that a shared IPv6 one was made of; b"" when it was made of none."""
    address = ipaddress.IPv6Address(packed)
    if address in _TEREDO:
        return bytes(byte ^ 0xFF for byte in packed[12:])
    return packed[12:] if address in _TRANSLATED or address in _IPV4 else b""
