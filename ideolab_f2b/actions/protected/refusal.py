"""Whether a network may be banned at all. Pure: the lists come in as arguments."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import ip_network
from itertools import accumulate
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import Network


class RefusedError(ValueError):
    """The pack does not ban this; the text says why."""


class Listed(NamedTuple):
    """A network that must stay reachable, as numbers: comparing ip_network objects is ten times slower."""

    version: int
    first: int
    last: int
    text: str
    #: what it is: "an own address of this host"
    what: str


def listing(network: Network, what: str) -> Listed:
    """The entry of a network; `what` says what it is."""
    first, last = int(network.network_address), int(network.broadcast_address)
    return Listed(network.version, first, last, short(network), what)


def short(network: Network) -> str:
    """The text of a network as fail2ban writes it: without a prefix when it is one address."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def describe_everybody(listed: Iterable[Listed]) -> list[str]:
    """Return a sentence for an entry that holds every address of its family: then no ban is possible."""
    return [
        f"{each.text}, {each.what}, is everybody: nobody is banned over IPv{each.version}"
        for each in listed
        if each.first == 0 and each.last == _LAST[each.version]
    ]


#: the highest address, by version
_LAST = {4: (1 << 32) - 1, 6: (1 << 128) - 1}
#: what is no host of any network, or this host whatever its addresses
NEVER = tuple(
    listing(ip_network(text), what)
    for text, what in (
        ("0.0.0.0/8", "no host"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("::", "no host"),
        ("::1", "loopback"),
        ("::ffff:0:0/96", "IPv4 in the notation of IPv6, which no packet carries"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)


class Index:
    """Lists in an order in which one look-up finds what a network overlaps, however many there are."""

    def __init__(self, lists: Iterable[Listed] = ()) -> None:
        self._items: dict[int, list[Listed]] = {4: [], 6: []}
        for item in sorted(lists):
            self._items[item.version].append(item)
        self._firsts = {version: [item.first for item in items] for version, items in self._items.items()}
        #: how far the items up to here reach: they can lie in one another
        self._reach = {
            version: list(accumulate((item.last for item in items), max))
            for version, items in self._items.items()
        }

    def overlaps(self, version: int, first: int, last: int) -> bool:
        """Whether any item shares an address with this range."""
        count = bisect_right(self._firsts[version], last)
        return count > 0 and self._reach[version][count - 1] >= first

    def find(self, version: int, first: int, last: int) -> Optional[Listed]:
        """One of the items that share an address with this range."""
        for item in self._items[version]:
            if item.first <= last and first <= item.last:
                return item
        return None


def refusal(network: Network, index: Index, min_prefix4: int = 16, min_prefix6: int = 32) -> Optional[str]:
    """Why the network is not banned; None when it may be.

    Two networks overlap only when one holds the other: the test finds a listed address inside the network,
    and the network inside a listed one.
    """
    narrowest = min_prefix4 if network.version == 4 else min_prefix6
    if network.prefixlen < narrowest:
        return f"{network} is wider than /{narrowest}"
    first, last = int(network.network_address), int(network.broadcast_address)
    item = index.find(network.version, first, last)
    return item and _sentence(network, item, holds=first <= item.first and item.last <= last)


def _sentence(network: Network, item: Listed, holds: bool) -> str:
    text = short(network)
    if text == item.text:
        return f"{text} is {item.what}"
    return f"{text} {'holds' if holds else 'lies in'} {item.text}, {item.what}"
