"""Bans addresses through fail2ban's jail ideolab-manual, and checks that the kernel holds them."""

from __future__ import annotations

import contextlib
import getpass
import json
from collections.abc import Iterable, Iterator
from typing import Optional, Union

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import jail_bans
from ideolab_f2b.bans.jail_bans import JailBans
from ideolab_f2b.bans.result import ALREADY, BANNED, ERROR, BanResult, text_of
from ideolab_f2b.firewall.all_sets import AllSets
from ideolab_f2b.kernel.ipset.element import Network, network_of
from ideolab_f2b.places import ACTION, ASN, MANUAL

#: addresses in one question: Linux takes 128 KiB of one argument
BATCH = 500


def ban(
    networks: list[Network], time: Union[int, str], reason: str, options: tuple[str, ...] = ()
) -> Iterator[BanResult]:
    """Ban each network for `time` seconds or "permanent"; `options` choose another server; ClientError."""
    for start in range(0, len(networks), BATCH):
        part = networks[start : start + BATCH]
        results = order(part, time, reason, options)
        with contextlib.closing(AllSets()) as sets:
            yield from (_verify(result, one, sets) for one, result in zip(part, results))


def order(
    networks: list[Network], time: Union[int, str], reason: str, options: tuple[str, ...] = ()
) -> list[BanResult]:
    """Send the bans to the ban action; return its answers, one for each network."""
    return order_words(MANUAL, list(map(text_of, networks)), time, reason, options)


def order_words(
    jail: str,
    words: list[str],
    time: Union[int, str],
    reason: str,
    options: tuple[str, ...],
    *,
    is_forced: bool = False,
) -> list[BanResult]:
    """Send the bans of these words to the ban action of a jail; return its answers, one for each."""
    asked: dict[str, object] = {
        "bans": [[word, time] for word in words],
        "by": f"ideolab-f2b {getpass.getuser()}",
        "reason": reason,
        **({"force": True} if is_forced else {}),
    }
    text = ask(jail, "by_hand", json.dumps(asked), options)
    try:
        results = [BanResult(**each) for each in json.loads(text)]
    except (TypeError, ValueError):
        results = []
    if len(results) != len(words):
        # an action without the method takes the call for a new value of an attribute
        raise fail2ban_client.ClientError(
            "the ban action that fail2ban has loaded is broken or older; run ideolab-f2b check"
        )
    return results


def ask(jail: str, method: str, asked: str, options: tuple[str, ...]) -> str:
    """Return what a method of a jail's ban action answers; ClientError when the jail or it is not there."""
    try:
        return fail2ban_client.ask("set", jail, "action", ACTION, method, asked, options=options)
    except fail2ban_client.ClientError as error:
        if "does not exist" not in str(error):
            raise
        # the jail, or its action
        text = f"jail {jail} does not run with {ACTION}: {error}; run ideolab-f2b check"
        raise fail2ban_client.ClientError(text) from error


def _verify(result: BanResult, network: Network, sets: AllSets) -> BanResult:
    if result.result in (BANNED, ALREADY) and not sets.holds(network):
        return result._replace(result=ERROR, detail="the kernel does not hold it; run ideolab-f2b check")
    return result


def ban_as(
    names: list[str],
    time: Union[int, str],
    reason: str,
    options: tuple[str, ...] = (),
    *,
    is_forced: bool = False,
) -> Iterable[BanResult]:
    """Ban each AS for `time` seconds or "permanent"; `is_forced` lifts the cap of addresses. ClientError."""
    results = order_words(ASN, names, time, reason, options, is_forced=is_forced)
    held = jail_bans.ask_as(options)
    with contextlib.closing(AllSets()) as sets:
        return [_verify_as(result, held, sets) for result in results]


def _verify_as(result: BanResult, held: Optional[JailBans], sets: AllSets) -> BanResult:
    if result.result not in (BANNED, ALREADY):
        return result
    key = jail_bans.key_of_text(result.address)
    prefixes = held.prefixes.get(key, ()) if held and key else ()
    if prefixes and all(sets.holds(network_of(one)) for one in prefixes):
        return result
    return result._replace(result=ERROR, detail="the kernel does not hold all of it; run ideolab-f2b check")
