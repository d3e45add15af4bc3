"""Where an address lies, seen from this host: its own, in a container, in a virtual machine, or beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Optional

from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.interfaces import Interface, Route, find_route

HERE = "here"
CONTAINER = "container"
MACHINE = "virtual machine"
BEYOND = "beyond"
NOWHERE = "nowhere"

#: kinds of interfaces behind which containers are; openvswitch has ports that do not show as such
_PAIRS = frozenset(("veth", "netkit", "ipvlan", "macvlan", "openvswitch"))
#: what may be a port of a bridge that no other network is on; tun: a virtual machine, and alone also a VPN
_GUESTS = _PAIRS | {"tun", "dummy"}
#: addresses whose way is remembered: a table of flows may have any number of peers
_KNOWN = 20_000
#: {version: what has a switch for each interface, beside that for all}
SWITCHES = {4: Path("/proc/sys/net/ipv4/conf"), 6: Path("/proc/sys/net/ipv6/conf")}


class Ways:
    """Says where addresses lie; `route` asks the kernel, and each address is asked for once."""

    def __init__(
        self, links: Iterable[Interface], route: Callable[[Address], Optional[Route]] = find_route
    ) -> None:
        self._links = {link.number: link for link in links}
        self._route = lru_cache(maxsize=_KNOWN)(route)

    def locate(self, address: Address) -> str:
        """Return where an address lies."""
        found = self._route(address)
        if found is None:
            return NOWHERE
        if found.is_own:
            return HERE
        return BEYOND if found.has_gateway else self._locate_behind(found.interface)

    def has_gateway(self, address: Address) -> bool:
        """Return whether a gateway leads there."""
        found = self._route(address)
        return found is not None and found.has_gateway

    def _locate_behind(self, index: int) -> str:
        link = self._links.get(index)
        if link is None:
            return BEYOND
        if link.kind != "bridge":
            return CONTAINER if link.kind in _PAIRS else BEYOND
        kinds = {port.kind for port in self._links.values() if port.master == index}
        if not kinds or kinds - _GUESTS:
            # a port to a network of its own: hardware, a bond, a VLAN
            return BEYOND
        return CONTAINER if kinds & _PAIRS else MACHINE


def is_forwarding(switches: Iterable[Path] = tuple(SWITCHES.values())) -> bool:
    """Return whether any interface of this host forwards packets, of any of these families."""
    for path in (path for directory in switches for path in directory.glob("*/forwarding")):
        try:
            if path.read_text().strip() != "0":
                return True
        except OSError:
            continue
    return False
