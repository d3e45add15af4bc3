"""Lifts every ban of the pack: in its jails, and what the kernel holds of jails that do not run."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from ipaddress import ip_network
from typing import NamedTuple, Optional

from ideolab_f2b import columns, fail2ban_client
from ideolab_f2b.bans.ban import BATCH
from ideolab_f2b.bans.unban import delete_elements
from ideolab_f2b.firewall.all_sets import AllSets, HeldElement
from ideolab_f2b.places import ACTION, ALL_JAILS

_EVERYTHING = [ip_network("0.0.0.0/0"), ip_network("::/0")]


class LiftedBans(NamedTuple):
    """How many bans of a jail were lifted, or elements of a kernel set that fail2ban knows nothing of."""

    jail: Optional[str]
    set: Optional[str]
    unbanned: int
    error: str = ""

    def __str__(self) -> str:
        name = self.jail or f"kernel set {self.set}, which fail2ban knows nothing of"
        return f"error      {name}: {self.error}" if self.error else f"unbanned   {self.unbanned} in {name}"

    def to_json(self) -> str:
        """Return the counts as one JSON object."""
        fields = {name: value for name, value in self._asdict().items() if name != "error" or value}
        return columns.format_json(fields)


def find(options: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Return {jail: what it has banned} of the running jails of the pack; ClientError when none answers."""
    return {
        jail: fail2ban_client.bans(jail, options)
        for jail in sorted(fail2ban_client.jails(options))
        # asked first: fail2ban writes each failed question into its log
        if jail in ALL_JAILS or fail2ban_client.find_action(jail, ACTION, options)
    }


def unban_all(bans: dict[str, list[str]], options: tuple[str, ...] = ()) -> list[LiftedBans]:
    """Lift these bans jail by jail, then the elements that were in the kernel before and still are."""
    with contextlib.closing(AllSets()) as sets:
        before = _elements(sets)
        lifted = [_lift(jail, identities, options) for jail, identities in bans.items() if identities]
        left = before & _elements(sets) if not any(one.error for one in lifted) else frozenset()
        delete_elements(sets, left, options)
    counts = Counter(each.set for each in left)
    return [*lifted, *(LiftedBans(None, name, count) for name, count in sorted(counts.items()))]


def _elements(sets: AllSets) -> frozenset[HeldElement]:
    return frozenset(each for found in sets.find(_EVERYTHING).values() for each in found)


def _lift(jail: str, identities: list[str], options: tuple[str, ...]) -> LiftedBans:
    try:
        for part in _batches(identities):
            fail2ban_client.ask("set", jail, "unbanip", *part, options=options)
    except fail2ban_client.ClientError as error:
        # one jail that has just ended keeps no other from being emptied
        return LiftedBans(jail, None, 0, str(error))
    return LiftedBans(jail, None, len(identities))


def _batches(identities: list[str]) -> Iterable[list[str]]:
    return (identities[start : start + BATCH] for start in range(0, len(identities), BATCH))
