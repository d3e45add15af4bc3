"""Which elements the set of each jail gets, from the bans that fail2ban has written down; asks no kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple, Optional

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot.database import StoredBan
from ideolab_f2b.boot.identity import read_key
from ideolab_f2b.boot.remaining import find_timeout
from ideolab_f2b.boot.spared import Spared
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of, network_of

#: the prefixes of a ban that is no address: `AS64500`; None for any other word
Expand = Callable[[str], Optional[Iterable[Network]]]
Elements = list[tuple[Network, Optional[int]]]


class Plan(NamedTuple):
    """The elements by the name of the set, how many bans they are, and how many are left out."""

    elements: dict[str, Elements]
    bans: int
    spared: int
    #: what another filter has banned that is no address
    words: int


def make(
    jails: Iterable[JailRecord], bans: Iterable[StoredBan], now: float, spared: Spared, expand: Expand
) -> Plan:
    """Return the plan; bans of jails that are not recorded are left to fail2ban."""
    known = {jail.jail: jail for jail in jails}
    elements: dict[str, Elements] = {jail.set: [] for jail in known.values()}
    counts = {"bans": 0, "spared": 0, "words": 0}
    for ban in bans:
        jail = known.get(ban.jail)
        left = find_timeout(ban, jail, now) if jail is not None else None
        if jail is None or left is None:
            continue
        keys = list(_find_keys(ban.identity, expand))
        harmless = [] if any(spared.has(jail, key) for key in keys) else keys
        elements[jail.set] += ((network_of(key), left) for key in harmless)
        counts["bans" if harmless else "spared" if keys else "words"] += 1
    return Plan(elements, **counts)


def _find_keys(identity: str, expand: Expand) -> Iterator[Key]:
    key = read_key(identity)
    if key is not None:
        yield key
        return
    yield from map(key_of, expand(identity) or ())
