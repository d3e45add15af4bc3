"""What is counted and what can be banned: addresses, networks and AS numbers, each in one notation.

An address is counted by itself in IPv4, in IPv6 by the /64 of one customer. Where many clients share a /64
it is the IPv6 address itself, as in ideolab_f2b/kernel/client_network.py.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple, Union

from ideolab_f2b.notation import as_number

#: the prefix that a provider gives to one line: whoever has it asks from any of its 2^64 addresses
IPV6_PREFIX = 64

#: there a /64 is not one customer: addresses made of IPv4 ones, of translators, of Teredo, and of one link
SHARED = tuple(map(IPv6Network, ("::/32", "64:ff9b::/32", "2001::/32", "fe80::/32")))

#: what is counted
Target = Union[IPv4Address, IPv6Address, IPv6Network]
Network = Union[IPv4Network, IPv6Network]

#: bits of the network around an address that is counted, shown and offered: of one site, of one customer
AROUND_BITS = {4: 24, 6: IPV6_PREFIX}
#: bits of the widest networks that have a name here, by IP version: as min_prefix4 and min_prefix6
WIDEST = {4: 16, 6: 32}
#: bits of the widest networks that a line of manual.log and the helper by sudo ban
WIDEST_BY_SITE = {4: 24, 6: 48}
#: bits of the widest networks that an event may be about
WIDEST_OF_EVENTS = {4: 8, 6: 16}
#: characters of the longest text that is looked at: a whole IPv6 address with its prefix has 43
_LONGEST = 60
_NETWORK = re.compile(r"[0-9A-Fa-f:.]+/[0-9]{1,3}")


class AsNumber(NamedTuple):
    """The number of an AS, which stands for all networks that it announces; its text is AS64500."""

    number: int

    def __str__(self) -> str:
        return as_number.text(self.number)


#: what can be banned
Wanted = Union[IPv4Address, IPv6Address, IPv4Network, IPv6Network, AsNumber]


def parse(text: str) -> Target:
    """Return one address, a mapped IPv4 one as IPv4, or the /64 that `2001:db8:0:7::/64` names.

    Raises ValueError for other networks, names, IPv6 addresses with an interface, and anything else.
    """
    text = text.strip()
    if "%" in text:
        raise ValueError(f"{text!r} names an interface; an address without it is needed")
    if "/" in text:
        return _parse_network(text)
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address
    return address


def parse_wanted(text: str) -> Wanted:
    """Return the address, the network or the AS number that a text names.

    A network of one address is that address, `2001:db8:0:7::5/64` is the /64. ValueError for wider networks
    than WIDEST, other networks with host bits, netmasks, interfaces, IPv4 in IPv6's notation with a prefix,
    names, and anything else.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise ValueError(f"{text[:_LONGEST]!r} is no address, no network and no AS number")
    if text[:2] in ("AS", "as", "As", "aS"):
        return AsNumber(as_number.parse(text))
    return _parse_any_network(text) if "/" in text else parse(text)


def _parse_any_network(text: str) -> Union[IPv4Address, IPv6Address, Network]:
    if not _NETWORK.fullmatch(text):
        raise ValueError(f"{text!r} is no network")
    if text.endswith(f"/{IPV6_PREFIX}") and ":" in text:
        return _parse_network(text)
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        raise ValueError(f"{text!r} is a network of IPv4 addresses; write it as IPv4")
    if network.prefixlen < WIDEST[network.version]:
        raise ValueError(f"{text!r} is wider than /{WIDEST[network.version]}")
    return network.network_address if network.prefixlen == network.max_prefixlen else network


def is_network(wanted: Wanted) -> bool:
    """Return whether it is more than one client: a network, other than the /64 of one IPv6 customer."""
    if isinstance(wanted, IPv6Network) and wanted.prefixlen == IPV6_PREFIX:
        return any(wanted.subnet_of(one) for one in SHARED)
    return isinstance(wanted, (IPv4Network, IPv6Network))


def find_networks_around(wanted: Union[IPv4Address, IPv6Address, Network]) -> list[str]:
    """Return the texts of all networks that hold an address or a network and can have a row: 16 or 33."""
    network = ip_network(wanted)
    first = int(network.network_address)
    narrowest = 31 if network.version == 4 else IPV6_PREFIX
    kind = IPv4Network if network.version == 4 else IPv6Network
    found = []
    for bits in range(WIDEST[network.version], min(narrowest, network.prefixlen - 1) + 1):
        shift = network.max_prefixlen - bits
        found.append(str(kind((first >> shift << shift, bits))))
    return found


def order(address: Union[IPv4Address, IPv6Address]) -> str:
    """Return the text of ConnmonEvent.start: digits of one length, which each database orders as numbers."""
    return f"4{int(address):08x}" if address.version == 4 else f"6{int(address):032x}"


def span(network: Network) -> tuple[str, str]:
    """Return the first and the last value of ConnmonEvent.start in a network."""
    return order(network.network_address), order(network.broadcast_address)


def _parse_network(text: str) -> IPv6Network:
    network = ip_network(text, strict=False)
    if not isinstance(network, IPv6Network) or network.prefixlen != IPV6_PREFIX:
        raise ValueError(f"{text!r} is no address and no IPv6 /{IPV6_PREFIX}")
    if IPv6Address(text.partition("/")[0]).ipv4_mapped is not None:
        raise ValueError(f"{text!r} is the network of an IPv4 address; the address itself is needed")
    return network


@lru_cache(maxsize=8192)
def network_of(address: str) -> str:
    """Return the text of what an address is counted by: `198.51.100.7`, `2001:db8:0:7::/64`, `64:ff9b::7`.

    Raises ValueError for what is no address.
    """
    found = parse(address)
    if isinstance(found, IPv6Address) and not any(found in one for one in SHARED):
        return str(IPv6Network((int(found) >> IPV6_PREFIX << IPV6_PREFIX, IPV6_PREFIX)))
    return str(found)


def list_around(network: Network) -> list[Network]:
    """Return all networks that hold a network and may have events."""
    return [
        network.supernet(new_prefix=bits)
        for bits in range(WIDEST_OF_EVENTS[network.version], network.prefixlen)
    ]


def list_starts_around(network: Network) -> list[str]:
    """Return the values of `start` of these networks."""
    return sorted({order(one.network_address) for one in list_around(network)})
