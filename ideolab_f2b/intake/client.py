"""The key of a client: an IPv4 address or an IPv6 /64, and how fail2ban reads it. Pure."""

from __future__ import annotations

import socket

#: the key where a line names no address
NOBODY = b""
#: what makes a key of IPv6: the packed /64 stands before it, and no IPv4 address has it
_NET = b"/"
#: bytes of a packed /64
_PREFIX = 8
_MAPPED = bytes(10) + b"\xff\xff"
_HOST = bytes(8)


def key_of(address: bytes) -> bytes:
    """Return the key of an address as nginx writes it; an IPv4-mapped one has that of IPv4."""
    if b":" not in address:
        # nginx's own words: nothing but its listening addresses and its clients' stands there
        return address
    try:
        packed = socket.inet_pton(socket.AF_INET6, address.decode("ascii"))
    except (OSError, ValueError):
        return NOBODY
    if packed.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:]).encode()
    return packed[:_PREFIX] + _NET


def network_of(key: bytes) -> bytes:
    """Return the /24 or /48 that one owner may have, packed; all that is no address is one network, empty."""
    if key.endswith(_NET):
        return key[:6]
    try:
        return socket.inet_pton(socket.AF_INET, key.decode("ascii"))[:3]
    except (OSError, ValueError):
        return b""


def text_of(key: bytes) -> bytes:
    """Return what fail2ban reads: an address of IPv4, or `2001:db8:0:7::/64`."""
    if key.endswith(_NET):
        return socket.inet_ntop(socket.AF_INET6, key[:_PREFIX] + _HOST).encode() + b"/64"
    return key
