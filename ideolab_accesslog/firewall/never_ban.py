"""The addresses that the site never bans, whoever asks. The root helper has a list of its own."""

from __future__ import annotations

import ipaddress
from typing import Optional, Union

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.networks import Target
from ideolab_accesslog.setting_types.networks import read_networks

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def find_reason(target: Target) -> Optional[str]:
    """Return why this address, or this /64, is never banned; None when it may be.

    A network is not banned while one address in it is not.
    """
    # what the protocols keep for themselves is wider than a /64: its first address shows it
    address = target.network_address if isinstance(target, ipaddress.IPv6Network) else target
    for name, what in texts.NEVER_A_CLIENT.items():
        if getattr(address, name):
            return what
    for setting in ("ACCESSLOG_TRUSTED_PROXIES", "TRASHIP_NEVER_BAN"):
        for network in read_networks(getattr(conf, setting)):
            if _overlap(target, network):
                return texts.IN_SETTING % {"network": network, "setting": setting}
    return None


def _overlap(target: Target, network: Network) -> bool:
    if isinstance(target, ipaddress.IPv6Network):
        return isinstance(network, ipaddress.IPv6Network) and target.overlaps(network)
    return target in network
