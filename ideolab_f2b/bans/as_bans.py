"""Bans and unbans AS numbers through fail2ban's jail ideolab-asn, and finds which one holds an address."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Optional, Union

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import ban, jail_bans
from ideolab_f2b.bans.jail_bans import JailBans
from ideolab_f2b.bans.result import ALREADY, BANNED, ERROR, NOT_BANNED, UNBANNED, BanResult
from ideolab_f2b.firewall.all_sets import AllSets, overlap
from ideolab_f2b.firewall.names import family_sets
from ideolab_f2b.kernel.ipset.element import Network, network_of
from ideolab_f2b.places import ACTION, ASN


def ban_as(
    names: list[str],
    time: Union[int, str],
    reason: str,
    options: tuple[str, ...] = (),
    *,
    is_forced: bool = False,
) -> Iterable[BanResult]:
    """Ban each AS for `time` seconds or "permanent"; `is_forced` lifts the cap of addresses. ClientError."""
    results = ban.order_words(ASN, names, time, reason, options, is_forced=is_forced)
    held = read(options)
    with contextlib.closing(AllSets()) as sets:
        return [_verify(result, held, sets) for result in results]


def _verify(result: BanResult, held: Optional[JailBans], sets: AllSets) -> BanResult:
    if result.result not in (BANNED, ALREADY):
        return result
    key = jail_bans.key_of_text(result.address)
    prefixes = held.prefixes.get(key, ()) if held and key else ()
    if prefixes and all(sets.holds(network_of(one)) for one in prefixes):
        return result
    return result._replace(result=ERROR, detail="the kernel does not hold all of it; run ideolab-f2b check")


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


def read(options: tuple[str, ...] = ()) -> Optional[JailBans]:
    """Return what the jail holds; None where it does not run, or does not tell."""
    if ASN not in fail2ban_client.jails(options):
        return None
    with contextlib.suppress(fail2ban_client.ClientError, ValueError):
        text = fail2ban_client.ask("get", ASN, "action", ACTION, "bans", options=options)
        return jail_bans.parse(ASN, text)
    return None


def find_sets(held: Optional[JailBans]) -> set[str]:
    """Return the kernel sets whose elements are those of banned AS: none of them is lifted by itself."""
    return set(family_sets(held.set).values()) if held and held.set and held.bans else set()


def find_holder(held: Optional[JailBans], network: Network) -> str:
    """Return the name of a banned AS that has an address of the network; "" where there is none."""
    for name, prefixes in (held.prefixes if held else {}).items():
        if any(overlap(network_of(one), network) for one in prefixes if one[0] == network.version):
            return f"AS{name[1]}"
    return ""
