"""The addresses that the site never bans, whoever asks. The root helper has a list of its own."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Optional, Union

from ideolab_accesslog.conf import conf

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def parse(text: str) -> Address:
    """Return one address, a mapped IPv4 one as IPv4.

    Raises ValueError for networks, names, IPv6 addresses with an interface, and anything else.
    """
    address = ipaddress.ip_address(text.strip())
    if isinstance(address, ipaddress.IPv6Address):
        if "%" in text:
            raise ValueError(f"{text!r} names an interface; an address without it is needed")
        return address.ipv4_mapped or address
    return address


def find_reason(address: Address) -> Optional[str]:
    """Return why this address is never banned; None when it may be."""
    for name, holds in (
        ("loopback", address.is_loopback),
        ("link-local", address.is_link_local),
        ("unspecified", address.is_unspecified),
        ("multicast", address.is_multicast),
        ("broadcast or reserved", address.is_reserved),
    ):
        if holds:
            return name
    for setting in ("ACCESSLOG_TRUSTED_PROXIES", "TRASHIP_NEVER_BAN"):
        # the texts are the key, so that a list that the site changes in place counts at once
        for network in _networks(tuple(map(str, getattr(conf, setting)))):
            if address in network:
                return f"{network} of {setting}"
    return None


@lru_cache(maxsize=16)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
