"""Lifts bans: in every jail of fail2ban, and in every kernel set of the pack."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from ipaddress import ip_network

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import forgotten
from ideolab_f2b.bans.ban import BATCH
from ideolab_f2b.bans.result import ERROR, NOT_BANNED, UNBANNED, BanResult, text_of
from ideolab_f2b.firewall.all_sets import AllSets
from ideolab_f2b.kernel.ipset.element import Network


def unban(networks: list[Network], options: tuple[str, ...] = ()) -> list[BanResult]:
    """Lift the bans of each network and of all that lies in it; a wider ban that still holds is an error."""
    with contextlib.closing(AllSets()) as sets:
        before = sets.find(networks)
        lifted = _lift(networks, options)
        inside = {each for one in networks for each in before[one] if each.network.prefixlen >= one.prefixlen}
        # elements that fail2ban has forgotten over a crash
        forgotten.delete(sets, inside, options)
        after = sets.find(networks)
    results = []
    for one in networks:
        where = lifted[one] or {each.set for each in before[one]}
        if after[one]:
            name, holder = after[one][0]
            detail = f"still dropped: {text_of(holder)} is banned ({name}); unban that"
            results.append(BanResult(text_of(one), ERROR, detail=detail))
        else:
            results.append(
                BanResult(text_of(one), UNBANNED if where else NOT_BANNED, None, ", ".join(sorted(where)))
            )
    return results


def _lift(networks: Iterable[Network], options: tuple[str, ...]) -> dict[Network, set[str]]:
    """Have fail2ban lift each network and its parts; return {network: the jails that had any of it}."""
    lifted: dict[Network, set[str]] = {network: set() for network in networks}
    for jail in sorted(fail2ban_client.jails(options)):
        leaving = []
        for identity in fail2ban_client.bans(jail, options):
            holders = [one for one in lifted if _lies_in(identity, one)]
            for one in holders:
                lifted[one].add(jail)
            leaving += [identity] if holders else []
        for start in range(0, len(leaving), BATCH):
            fail2ban_client.ask("set", jail, "unbanip", *leaving[start : start + BATCH], options=options)
    return lifted


def _lies_in(identity: str, network: Network) -> bool:
    try:
        other = ip_network(identity)
    except ValueError:
        # a jail of somebody else's may ban by what is no address
        return False
    return other.version == network.version and other.subnet_of(network)  # type: ignore[arg-type]
