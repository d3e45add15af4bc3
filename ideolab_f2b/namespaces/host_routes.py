"""What this host says of an address: its own, or reached through a bridge or veth, or far away."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Optional

from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.netlink import ACK, Channel, attribute, unpack_attributes

_ROUTE = 0
#: linux/rtnetlink.h
_GET_LINK, _GET_ROUTE = 18, 26
_ROUTE_HEADER, _LINK_HEADER = 12, 16
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_VIA = 1, 4, 5, 18
_UNICAST = 1
#: linux/if_link.h
_LINKINFO, _INFO_KIND = 18, 1
#: interfaces that container engines make
_KINDS = frozenset((b"bridge", b"veth", b"openvswitch"))
#: that no network has: the default route leads there
_FAR = (ip_address("240.0.0.1"), ip_address("2000::1"))
#: seconds that the own addresses are good for
FRESH_S = 10.0


class HostRoutes:
    """Asked in the host's own namespace; keeps the own addresses for some seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._own: frozenset[bytes] = frozenset()
        self._due = float("-inf")

    def own(self) -> frozenset[bytes]:
        """Return the packed own addresses of this host."""
        now = self._clock()
        if now >= self._due:
            self._own = frozenset(each.packed for each in address.local_addresses())
            self._due = now + FRESH_S
        return self._own

    def select(self, addresses: frozenset[bytes]) -> frozenset[bytes]:
        """Return the addresses of a namespace that are this host's own, or that lie behind a bridge or veth.

        A container chooses its addresses, also that of an attacker. This host goes on sending what is for the
        attacker to its gateway, so that the choice says nothing.
        """
        with Channel(_ROUTE) as channel:
            uplinks = {found and found[0] for found in (_find_route(channel, far.packed) for far in _FAR)}
            kinds: dict[int, bool] = {}
            return frozenset(
                packed
                for packed in addresses
                if packed in self.own() or _is_behind(channel, packed, uplinks, kinds)
            )


def _is_behind(channel: Channel, packed: bytes, uplinks: set[Optional[int]], kinds: dict[int, bool]) -> bool:
    if ip_address(packed).is_link_local:
        # one on each link: of no use beyond it
        return True
    found = _find_route(channel, packed)
    if found is None or found[1] or found[0] in uplinks:
        return False
    if found[0] not in kinds:
        kinds[found[0]] = _read_kind(channel, found[0]) in _KINDS
    return kinds[found[0]]


def _find_route(channel: Channel, packed: bytes) -> Optional[tuple[int, bool]]:
    """Return the interface that leads to an address, and whether by a gateway; None when nothing does."""
    family = socket.AF_INET if len(packed) == 4 else socket.AF_INET6
    request = struct.pack("=8BI", family, len(packed) * 8, 0, 0, 0, 0, 0, 0, 0) + attribute(_RTA_DST, packed)
    try:
        (answer,) = channel.dump(_GET_ROUTE, request, ACK)
    except (OSError, ValueError):
        return None
    fields = dict(unpack_attributes(answer, _ROUTE_HEADER))
    if answer[7] != _UNICAST or _RTA_OIF not in fields:
        return None
    return struct.unpack("=I", fields[_RTA_OIF])[0], _RTA_GATEWAY in fields or _RTA_VIA in fields


def _read_kind(channel: Channel, interface: int) -> bytes:
    try:
        (answer,) = channel.dump(_GET_LINK, struct.pack("=BxHiII", 0, 0, interface, 0, 0), ACK)
    except (OSError, ValueError):
        return b""
    fields = dict(unpack_attributes(answer, _LINK_HEADER))
    return dict(unpack_attributes(fields.get(_LINKINFO, b""))).get(_INFO_KIND, b"").rstrip(b"\0")
