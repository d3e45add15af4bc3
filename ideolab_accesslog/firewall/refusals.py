"""Why a ban is refused before anybody is told: whom it would hit, and what the way to the firewall takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv6Network, ip_network
from typing import Optional

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import never_ban, previews, texts, transports
from ideolab_accesslog.firewall.transports import helper, log
from ideolab_accesslog.networks import (
    IPV6_PREFIX,
    WIDEST_BY_SITE,
    AsNumber,
    Network,
    Wanted,
    parse,
)

#: {AS64500: its networks}, where they are known
AsNetworks = Mapping[str, Collection[Network]]


def find_refusals(
    wanted: Mapping[str, Wanted], spare: Iterable[str], as_networks: Optional[AsNetworks] = None
) -> dict[str, str]:
    """Return the reason for each target that must not or cannot be banned.

    `spare` names addresses that no ban may hit. The helper is asked for the networks of an AS that are not
    given; an AS whose networks nobody tells is refused, because it may be that of the spared address.
    """
    spared = read_spare_addresses(spare)
    known = dict(as_networks or {})
    asked = [text for text, one in wanted.items() if isinstance(one, AsNumber) and text not in known]
    if asked and can_ban_as():
        found = previews.ask(asked)
        known.update({text: one.networks for text, one in found.items() if one.networks is not None})
    reasons = {text: find_refusal(one, spared, known.get(text)) for text, one in wanted.items()}
    return {text: reason for text, reason in reasons.items() if reason is not None}


def find_refusal(
    wanted: Wanted, spared: Collection[Network], networks: Optional[Collection[Network]] = None
) -> Optional[str]:
    """Return the reason for one; `networks` are those of an AS, None where they are unknown."""
    if isinstance(wanted, AsNumber):
        return _find_refusal_of_as(spared, networks)
    network = ip_network(wanted)
    if any(never_ban.holds_any([network], own) for own in spared):
        is_whole = network.num_addresses == 1 or (network.version, network.prefixlen) == (6, IPV6_PREFIX)
        return texts.OWN_ADDRESS if is_whole else texts.OWN_ADDRESS_INSIDE
    return never_ban.find_reason(wanted) or _find_limit(network)


def can_ban_as() -> bool:
    """Return whether bans go to the helper, which alone takes AS numbers, and it is there."""
    if not conf.TRASHIP_FIREWALL_EXECUTE or transports.choose("ban") is not helper:
        return False
    return helper.is_installed()


def _find_refusal_of_as(
    spared: Collection[Network], networks: Optional[Collection[Network]]
) -> Optional[str]:
    if not can_ban_as():
        return texts.AS_NEEDS_HELPER
    if networks is None:
        return texts.AS_UNKNOWN
    if any(never_ban.holds_any(networks, own) for own in spared):
        return texts.OWN_ADDRESS_INSIDE
    return never_ban.find_reason_of_any(networks)


def _find_limit(network: Network) -> Optional[str]:
    """Return what keeps a network from the columns of the tables, or from a line of manual.log."""
    if isinstance(network, IPv6Network) and IPV6_PREFIX < network.prefixlen < network.max_prefixlen:
        return texts.TOO_NARROW
    widest = WIDEST_BY_SITE[network.version]
    if conf.TRASHIP_FIREWALL_EXECUTE and network.prefixlen < widest and transports.choose("ban") is log:
        return texts.TOO_WIDE_FOR_LOG % {"widest": widest}
    return None


def read_spare_addresses(spare: Iterable[str]) -> list[Network]:
    """Return spared addresses as networks of one; ValueError for what is no address."""
    return [ip_network(parse(one)) for one in spare]
