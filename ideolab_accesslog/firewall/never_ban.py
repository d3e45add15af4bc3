"""The addresses that the site never bans, whoever asks. The root helper has a list of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Optional, Union

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.networks import Network
from ideolab_accesslog.setting_types.networks import read_networks


def find_reason(target: Union[IPv4Address, IPv6Address, Network]) -> Optional[str]:
    """Return why this address, or this network, is never banned; None when it may be.

    A network is not banned while one address in it is not.
    """
    # what the protocols keep for themselves is wider than any network here: its first address shows it
    address = target.network_address if isinstance(target, (IPv4Network, IPv6Network)) else target
    for name, what in texts.NEVER_A_CLIENT.items():
        if getattr(address, name):
            return what
    for network, setting in _read_lists():
        if _overlap(target, network):
            return texts.IN_SETTING % {"network": network, "setting": setting}
    return None


def find_reason_of_any(networks: Collection[Network]) -> Optional[str]:
    """Return why one of the networks of an AS is never banned; None when all may be.

    What the protocols keep for themselves is no reason: no table gives it to an AS.
    """
    for spared, setting in _read_lists():
        if holds_any(networks, spared):
            return texts.IN_SETTING % {"network": spared, "setting": setting}
    return None


def holds_any(networks: Collection[Network], wanted: Network) -> bool:
    """Return whether one of the networks and `wanted` have an address in common."""
    return any(one.version == wanted.version and one.overlaps(wanted) for one in networks)


def _read_lists() -> Iterator[tuple[Network, str]]:
    for setting in ("ACCESSLOG_TRUSTED_PROXIES", "TRASHIP_NEVER_BAN"):
        for network in read_networks(getattr(conf, setting)):
            yield network, setting


def _overlap(target: Union[IPv4Address, IPv6Address, Network], network: Network) -> bool:
    if isinstance(target, (IPv4Network, IPv6Network)):
        return target.version == network.version and target.overlaps(network)
    return target in network
