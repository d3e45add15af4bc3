"""The interfaces of this network namespace, and which of them leads to an address, from rtnetlink."""

from __future__ import annotations

import socket
import struct
import sys
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.netlink import ACK, Channel, attribute, unpack_attributes

_ROUTE = 0
#: linux/rtnetlink.h
_GET_LINK, _GET_ROUTE = 18, 26
#: struct ifinfomsg: family, type of hardware, index, flags, mask of flags
_LINK = struct.Struct("=Bx H i I I")
#: struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags
_ROUTE_MESSAGE = struct.Struct("=8B I")
#: place of the type in it, and RTN_LOCAL
_TYPE, _LOCAL = 7, 2
#: linux/if_link.h
_NAME, _MASTER, _LINK_INFO, _LINK_NAMESPACE = 3, 10, 18, 37
_INFO_KIND, _INFO_DATA = 1, 2
#: IFLA_BR_NF_CALL_IPTABLES of a bridge
_CALLS_IPTABLES = 36
_RTA_DESTINATION, _RTA_INTERFACE, _RTA_GATEWAY = 1, 4, 5
_RTA_VIA = 18
_LOOPBACK = 0x8


class Interface(NamedTuple):
    """One interface; `kind` is "" for hardware, `is_foreign`: its other end is in another namespace."""

    number: int
    name: str
    kind: str
    #: number of the bridge or bond that it is a port of; 0 without one
    master: int
    is_foreign: bool
    is_loopback: bool
    #: of a bridge: its own switch for iptables is on
    calls_iptables: bool = False


class Route(NamedTuple):
    """The way to an address: by which interface, by a gateway or directly; `is_own`: it is this host's."""

    interface: int
    has_gateway: bool
    is_own: bool


def read_interfaces() -> list[Interface]:
    """Return all interfaces; OSError when the kernel does not tell."""
    with Channel(_ROUTE) as channel:
        return [parse_interface(payload) for payload in channel.dump(_GET_LINK, _LINK.pack(0, 0, 0, 0, 0))]


def parse_interface(payload: bytes) -> Interface:
    """Return the interface of one RTM_NEWLINK. Pure."""
    _family, _hardware, index, flags, _mask = _LINK.unpack_from(payload)
    fields = dict(unpack_attributes(payload, _LINK.size))
    info = dict(unpack_attributes(fields.get(_LINK_INFO, b"")))
    data = dict(unpack_attributes(info.get(_INFO_DATA, b"")))
    kind = _text(info.get(_INFO_KIND, b""))
    return Interface(
        index,
        _text(fields.get(_NAME, b"")),
        kind,
        int.from_bytes(fields.get(_MASTER, b""), sys.byteorder),
        _LINK_NAMESPACE in fields,
        bool(flags & _LOOPBACK),
        kind == "bridge" and any(data.get(_CALLS_IPTABLES, b"")),
    )


def find_route(address: Address) -> Optional[Route]:
    """Return how this host reaches an address; None when it does not."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    header = _ROUTE_MESSAGE.pack(family, address.max_prefixlen, 0, 0, 0, 0, 0, 0, 0)
    try:
        with Channel(_ROUTE) as channel:
            for payload in channel.dump(
                _GET_ROUTE, header + attribute(_RTA_DESTINATION, address.packed), ACK
            ):
                return parse_route(payload)
    except OSError:
        return None
    return None


def parse_route(payload: bytes) -> Route:
    """Return the route of one RTM_NEWROUTE. Pure."""
    kind = _ROUTE_MESSAGE.unpack_from(payload)[_TYPE]
    fields = dict(unpack_attributes(payload, _ROUTE_MESSAGE.size))
    interface = int.from_bytes(fields.get(_RTA_INTERFACE, b""), sys.byteorder)
    return Route(interface, _RTA_GATEWAY in fields or _RTA_VIA in fields, kind == _LOCAL)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("ascii", "replace")
