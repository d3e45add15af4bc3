"""What the detail is about, and the conditions under which rows are about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Optional

from django.db.models import Q

from ideolab_accesslog.networks import AsNumber, Network, Wanted, find_networks_around, network_of, span

#: the condition on `ip` of a query for one network, and whether it leaves rows out (admin/search.py)
MatchNetwork = Callable[[Any, Network], Q]
IsPartial = Callable[[Any, Network], bool]


@dataclass(frozen=True)
class DetailTarget:
    """An address, a network or an AS, and how the rows of a network are found."""

    wanted: Wanted
    match: MatchNetwork
    is_partial: IsPartial

    @property
    def of(self) -> str:
        """Return its text."""
        return str(self.wanted)

    @property
    def network(self) -> Optional[Network]:
        """Return the network; that of an address is the address alone, an AS has none."""
        return None if isinstance(self.wanted, AsNumber) else ip_network(self.wanted)

    @property
    def kind(self) -> str:
        """Return `address`, `network` or `asn`."""
        if self.network is None:
            return "asn"
        return "address" if self.network.prefixlen == self.network.max_prefixlen else "network"

    def list_names(self) -> list[str]:
        """Return the texts by which it is counted and banned: an IPv6 address by its /64 too."""
        return list(dict.fromkeys([self.of, network_of(self.of)])) if self.kind == "address" else [self.of]

    def list_names_around(self) -> list[str]:
        """Return these texts, and those of the networks around it."""
        around = [] if self.network is None else find_networks_around(self.network)
        return list(dict.fromkeys([*self.list_names(), *around]))

    def is_covered_by(self, text: str) -> bool:
        """Return whether a ban of this address, network or AS is one of all of it; an AS has any."""
        if self.network is None or text.startswith("AS"):
            return text == self.of or self.network is not None
        try:
            wide = ip_network(text)
        except ValueError:
            return False
        return (
            wide.version == self.network.version
            and wide.prefixlen <= self.network.prefixlen
            and self.network.network_address in wide
        )

    def holds(self, text: Optional[str]) -> bool:
        """Return whether an address, or a network, is in it."""
        try:
            inside = ip_network(text or "")
        except ValueError:
            return False
        network = self.network
        if network is None or inside.version != network.version or inside.prefixlen < network.prefixlen:
            return False
        return inside.network_address in network

    def holds_start(self, start: Optional[str]) -> bool:
        """Return whether `start` of an event is that of an address in it."""
        if self.network is None or start is None:
            return False
        first, last = span(self.network)
        return first <= start <= last

    def leaves_out(self, rows: Any) -> bool:
        """Return whether filter_addresses() leaves rows of it out."""
        return self.network is not None and self.is_partial(rows, self.network)

    def filter_events(self, rows: Any) -> Any:
        """Return the events of it, in the order of an index: the newest first, of a network by address.

        Those of a network have the networks around it that begin where it begins, too.
        """
        if isinstance(self.wanted, AsNumber):
            return rows.filter(asn=str(self.wanted.number)).order_by("-ts")
        first, last = span(ip_network(self.wanted))
        if self.kind == "address":
            return rows.filter(start=first, ip=self.of).order_by("-ts")
        inside = rows.filter(start__gte=first, start__lte=last)
        return inside.order_by("start", "-ts")

    def filter_addresses(self, rows: Any) -> Any:
        """Return the rows whose `ip` is it or in it, in an order that an index has."""
        network = self.network
        if network is None:
            return rows.none()
        order = ("-ts",) if self.kind == "address" else ("ip", "-ts")
        return rows.filter(self.match(rows, network)).order_by(*order)
