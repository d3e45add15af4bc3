"""The network that an address is counted by: an IPv4 address itself, for IPv6 the /64 of one customer.

Where many clients share a /64 it is the IPv6 address itself, as in ideolab_f2b/kernel/client_network.py.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Union

#: the prefix that a provider gives to one line: whoever has it asks from any of its 2^64 addresses
IPV6_PREFIX = 64

#: there a /64 is not one customer: addresses made of IPv4 ones, of translators, of Teredo, and of one link
SHARED = tuple(map(IPv6Network, ("::/32", "64:ff9b::/32", "2001::/32", "fe80::/32")))

#: what is counted and banned
Target = Union[IPv4Address, IPv6Address, IPv6Network]


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
