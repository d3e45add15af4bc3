"""This host's own addresses and its gateways, from rtnetlink."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import islice
from typing import Optional, Union

from ideolab_f2b.kernel.netlink import Channel, unpack_attributes

Address = Union[IPv4Address, IPv6Address]
Network = Union[IPv4Network, IPv6Network]

_ROUTE = 0
#: linux/rtnetlink.h
_GET_ADDRESS, _GET_ROUTE = 22, 26
_ADDRESS_HEADER, _ROUTE_HEADER, _HOP_HEADER = 8, 12, 8
#: the offset of the type in a route's header, and the one of those that lead to another machine
_TYPE = 7
_UNICAST = b"\x01"
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
#: the offset of it in an address's header
_PREFIX_LENGTH = 1
_RTA_GATEWAY, _RTA_MULTIPATH, _RTA_VIA = 5, 9, 18
_HOP = struct.Struct("=H")


def local_addresses(limit: Optional[int] = None) -> set[Address]:
    """The addresses of all interfaces of this network namespace, both families; of each at most `limit`."""
    return {found for payload in _dump(_GET_ADDRESS, _ADDRESS_HEADER, limit) for found in addresses(payload)}


def local_interfaces(limit: Optional[int] = None) -> set[tuple[Address, int]]:
    """The same with the prefix length of the network that each is in."""
    payloads = _dump(_GET_ADDRESS, _ADDRESS_HEADER, limit)
    return {(found, payload[_PREFIX_LENGTH]) for payload in payloads for found in addresses(payload)}


def gateways(limit: Optional[int] = None) -> set[Address]:
    """The next hops of all routes of this network namespace, both families; of each family `limit` routes."""
    routes = _dump(_GET_ROUTE, _ROUTE_HEADER, limit)
    # most routes lead to the host itself, and have none
    return {hop for route in routes if route[_TYPE : _TYPE + 1] == _UNICAST for hop in next_hops(route)}


def addresses(payload: bytes) -> Iterator[Address]:
    """The own address of one RTM_NEWADDR; on a point-to-point link IFA_ADDRESS is the peer's."""
    fields = dict(unpack_attributes(payload, _ADDRESS_HEADER))
    yield from _address(fields.get(_IFA_LOCAL) or fields.get(_IFA_ADDRESS, b""))


def next_hops(payload: bytes, offset: int = _ROUTE_HEADER) -> Iterator[Address]:
    """The gateways of one RTM_NEWROUTE, those of a multipath route included."""
    for kind, value in unpack_attributes(payload, offset):
        if kind == _RTA_GATEWAY:
            yield from _address(value)
        elif kind == _RTA_VIA:
            # a 16-bit family stands before the address
            yield from _address(value[2:])
        elif kind == _RTA_MULTIPATH:
            yield from _hops(value)


def _hops(value: bytes) -> Iterator[Address]:
    offset = 0
    while offset + _HOP_HEADER <= len(value):
        (length,) = _HOP.unpack_from(value, offset)
        if length < _HOP_HEADER:
            return
        yield from next_hops(value[offset : offset + length], _HOP_HEADER)
        offset += (length + 3) & ~3


def _address(value: bytes) -> Iterator[Address]:
    if len(value) in (4, 16):
        yield ip_address(value)


def _dump(kind: int, header: int, limit: Optional[int]) -> Iterator[bytes]:
    for family in (socket.AF_INET, socket.AF_INET6):
        # one for each: a dump that is not read to its end keeps the channel busy
        with Channel(_ROUTE) as channel:
            yield from islice(channel.dump(kind, bytes((family,)) + bytes(header - 1)), limit)
