"""Which elements the set of each jail gets, from the bans that fail2ban has written down; asks no kernel."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Callable, NamedTuple, Optional

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot.database import StoredBan
from ideolab_f2b.boot.identity import read_key
from ideolab_f2b.boot.remaining import find_timeout
from ideolab_f2b.boot.spared import Spared
from ideolab_f2b.kernel.ipset.element import Key, Network, network_of

#: the networks of a ban that is an AS number; none for any other word
Expand = Callable[[JailRecord, StoredBan], Iterable[Key]]
Elements = list[tuple[Network, Optional[int]]]


class Plan(NamedTuple):
    """The elements by the name of the set, and how many bans are in them or are left out."""

    elements: dict[str, Elements]
    bans: int
    #: bans that root's lists forbid now
    spared: int
    #: bans of what is no address: the ban action has no element for them either
    words: int
    #: bans beyond the size of their set
    full: int


def make(
    jails: Iterable[JailRecord], bans: Iterable[StoredBan], now: float, spared: Spared, expand: Expand
) -> Plan:
    """Return the plan; bans of jails that are not recorded are left to fail2ban."""
    known = {jail.jail: jail for jail in jails}
    found: dict[str, dict[Key, int]] = {jail.set: {} for jail in known.values()}
    counts = {"bans": 0, "spared": 0, "words": 0, "full": 0}
    for ban in bans:
        jail = known.get(ban.jail)
        left = find_timeout(ban, jail, now) if jail is not None else None
        if jail is not None and left is not None:
            keys = _find_keys(jail, ban, expand)
            counts[_take(keys, jail, left, spared, found[jail.set])] += 1
    elements = {name: [(network_of(key), left) for key, left in each.items()] for name, each in found.items()}
    return Plan(elements, **counts)  # type: ignore[arg-type]


def _find_keys(jail: JailRecord, ban: StoredBan, expand: Expand) -> list[Key]:
    if jail.tickets == "as":
        return list(expand(jail, ban))
    key = read_key(ban.identity)
    return [] if key is None else [key]


def _take(keys: list[Key], jail: JailRecord, left: int, spared: Spared, found: dict[Key, int]) -> str:
    """Add the elements of a ban; return as what it counts."""
    if not keys:
        return "words"
    if any(spared.has(jail, key) for key in keys):
        return "spared"
    # of both families: the kernel says which of them is full
    if len(found) + len(keys) > 2 * jail.maxelem:
        return "full"
    for key in keys:
        # two jails may share a set, two AS a prefix: what lasts longer counts
        found[key] = left if key not in found else _longer(found[key], left)
    return "bans"


def _longer(one: int, other: int) -> int:
    """Return the longer of two timeouts; 0 is for ever."""
    return max(one, other, key=lambda each: each or math.inf)
