"""Whether a network may be banned at all. Pure: the lists come in as arguments."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.element import Network


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


def listed(network: Network, what: str) -> Listed:
    first, last = int(network.network_address), int(network.broadcast_address)
    return Listed(network.version, first, last, short(network), what)


def short(network: Network) -> str:
    """As fail2ban writes it: without a prefix when it is one address."""
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


#: what is no host of any network, or this host whatever its addresses
NEVER = tuple(
    listed(ip_network(text), what)
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


def refusal(
    network: Network, lists: Iterable[Listed], min_prefix4: int = 16, min_prefix6: int = 32
) -> Optional[str]:
    """Why the network is not banned; None when it may be.

    Two networks overlap only when one holds the other: the test finds a listed address inside the network,
    and the network inside a listed one.
    """
    narrowest = min_prefix4 if network.version == 4 else min_prefix6
    if network.prefixlen < narrowest:
        return f"{network} is wider than /{narrowest}"
    version, first = network.version, int(network.network_address)
    last = first | (1 << network.max_prefixlen - network.prefixlen) - 1
    for item in lists:
        of_version, of_first, of_last, _text, _what = item
        if of_version == version and of_first <= last and first <= of_last:
            return _sentence(network, item, holds=first <= of_first and of_last <= last)
    return None


def _sentence(network: Network, item: Listed, holds: bool) -> str:
    text = short(network)
    if text == item.text:
        return f"{text} is {item.what}"
    return f"{text} {'holds' if holds else 'lies in'} {item.text}, {item.what}"
