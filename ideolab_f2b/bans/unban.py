"""Lifts bans: in every jail of fail2ban, and in every kernel set of the pack."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable
from ipaddress import ip_network
from itertools import islice
from typing import Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import jail_bans
from ideolab_f2b.bans.ban import BATCH
from ideolab_f2b.bans.jail_bans import JailBans
from ideolab_f2b.bans.result import ERROR, NOT_BANNED, UNBANNED, BanResult, text_of
from ideolab_f2b.firewall.all_sets import AllSets, HeldElement, overlap
from ideolab_f2b.firewall.names import family_sets
from ideolab_f2b.kernel.ipset.element import Network, network_of
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from ideolab_f2b.places import ACTION, ASN


def unban(networks: list[Network], options: tuple[str, ...] = ()) -> list[BanResult]:
    """Lift the bans of each network and of all that lies in it; a wider ban that still holds is an error."""
    held = jail_bans.ask_as(options)
    spared = _find_sets(held)
    with contextlib.closing(AllSets()) as sets:
        before = sets.find(networks)
        lifted = _lift(networks, options)
        inside = {each for one in networks for each in before[one] if each.network.prefixlen >= one.prefixlen}
        # elements that fail2ban has forgotten over a crash
        delete_elements(sets, {each for each in inside if each.set not in spared}, options)
        after = sets.find(networks)
    results = []
    for one in networks:
        where = lifted[one] or {each.set for each in before[one]}
        if after[one]:
            name, holder = after[one][0]
            banned = _find_holder(held, holder) if name in spared else ""
            detail = f"still dropped: {banned or text_of(holder)} is banned ({name}); unban that"
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


def unban_as(names: list[str], options: tuple[str, ...] = ()) -> Iterable[BanResult]:
    """Lift the ban of each AS; a network that another banned AS has too stays banned."""
    if ASN not in fail2ban_client.jails(options):
        raise fail2ban_client.ClientError(f"jail {ASN} does not run: run ideolab-f2b check")
    banned = set(fail2ban_client.bans(ASN, options))
    leaving = [name for name in names if name in banned]
    if leaving:
        fail2ban_client.ask("set", ASN, "unbanip", *leaving, options=options)
    left = set(fail2ban_client.bans(ASN, options)) if leaving else banned
    return [_describe(name, name in banned, name in left) for name in names]


def _describe(name: str, was_banned: bool, is_banned: bool) -> BanResult:
    if is_banned:
        return BanResult(name, ERROR, None, "fail2ban still bans it; see its log")
    return BanResult(name, UNBANNED, None, ASN) if was_banned else BanResult(name, NOT_BANNED)


def _find_sets(held: Optional[JailBans]) -> set[str]:
    """Return the kernel sets whose elements are those of banned AS: none of them is lifted by itself."""
    return set(family_sets(held.set).values()) if held and held.set and held.bans else set()


def _find_holder(held: Optional[JailBans], network: Network) -> str:
    """Return the name of a banned AS that has an address of the network; "" where there is none."""
    for name, prefixes in (held.prefixes if held else {}).items():
        if any(overlap(network_of(one), network) for one in prefixes if one[0] == network.version):
            return f"AS{name[1]}"
    return ""


def delete_elements(sets: AllSets, held: Collection[HeldElement], options: tuple[str, ...] = ()) -> None:
    """Delete elements; what has expired meanwhile is no error. KernelError, ClientError."""
    try:
        sets.delete(held)
    except PermissionDeniedError:
        jail, action = _find_action(options)
        for part in _batches(held):
            asked = json.dumps({"elements": [[one.set, str(one.network)] for one in part]})
            fail2ban_client.ask("set", jail, "action", action, "delete_elements", asked, options=options)


def _find_action(options: tuple[str, ...]) -> tuple[str, str]:
    """Return a running jail and its action of ours; ClientError."""
    for jail in sorted(fail2ban_client.jails(options)):
        action = fail2ban_client.find_action(jail, ACTION, options)
        if action:
            return jail, action
    raise fail2ban_client.ClientError(f"no jail that runs has {ACTION}; run ideolab-f2b check")


def _batches(held: Iterable[HeldElement]) -> Iterable[list[HeldElement]]:
    rest = iter(held)
    return iter(lambda: list(islice(rest, BATCH)), [])
