"""The key of a client, an IPv4 address, an IPv6 /64 or a single IPv6 one, and how fail2ban reads it. Pure."""

from __future__ import annotations

import socket

from ideolab_f2b.kernel.client_network import client_part, ipv4_of

#: the key where a line names no address
NOBODY = b""
#: what makes a key of IPv6: the packed /64, or all of the address, stands before it; no IPv4 address has it
_NET = b"/"
#: bytes of a packed /64
_PREFIX = 8
_MAPPED = bytes(10) + b"\xff\xff"
_HOST = bytes(8)


def key_of(address: bytes) -> bytes:
    """Return the key of an address as nginx writes it; an IPv4-mapped one has that of IPv4.

    Where a /64 is not one client (client_network.py), the key is that of the single address.
    """
    if b":" not in address:
        # nginx's own words: nothing but its listening addresses and its clients' stands there
        return address
    try:
        packed = socket.inet_pton(socket.AF_INET6, address.decode("ascii"))
    except (OSError, ValueError):
        return NOBODY
    if packed.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:]).encode()
    return client_part(packed) + _NET


def network_of(key: bytes) -> bytes:
    """Return the /24 or /48 that one owner may have, packed; all that is no address is one network, empty.

    A single address of a translator or of Teredo belongs to the /24 of its IPv4 address.
    """
    if key.endswith(_NET):
        return (ipv4_of(key[:-1])[:3] or key[:6]) if len(key) > _PREFIX + 1 else key[:6]
    try:
        return socket.inet_pton(socket.AF_INET, key.decode("ascii"))[:3]
    except (OSError, ValueError):
        return b""


def text_of(key: bytes) -> bytes:
    """Return what fail2ban reads: an address, or `2001:db8:0:7::/64`."""
    if not key.endswith(_NET):
        return key
    if len(key) > _PREFIX + 1:
        return socket.inet_ntop(socket.AF_INET6, key[:-1]).encode()
    return socket.inet_ntop(socket.AF_INET6, key[:_PREFIX] + _HOST).encode() + b"/64"
