"""The addresses that the site never bans, whoever asks. The root helper has a list of its own."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Optional, Union

from ideolab_accesslog.conf import conf
from ideolab_accesslog.networks import Target

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def find_reason(target: Target) -> Optional[str]:
    """Return why this address, or this /64, is never banned; None when it may be.

    A network is not banned while one address in it is not.
    """
    # what the protocols keep for themselves is wider than a /64: its first address shows it
    address = target.network_address if isinstance(target, ipaddress.IPv6Network) else target
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
            if _overlap(target, network):
                return f"{network} of {setting}"
    return None


def _overlap(target: Target, network: Network) -> bool:
    if isinstance(target, ipaddress.IPv6Network):
        return isinstance(network, ipaddress.IPv6Network) and target.overlaps(network)
    return target in network


@lru_cache(maxsize=16)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
