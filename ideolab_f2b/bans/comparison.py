"""Compares what fail2ban holds with what the kernel holds, at one instant."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import ban_row, jail_bans
from ideolab_f2b.bans.ban_row import BanRow, Elements
from ideolab_f2b.bans.jail_bans import JailBans
from ideolab_f2b.firewall.names import LIST, family_sets
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets

#: seconds between the two comparisons: a ban in a burst reaches the kernel much sooner
AGAIN_S = 1.0


@dataclass(frozen=True)
class BanComparison:
    """The bans and the elements at `when` (epoch seconds).

    `trouble` is why fail2ban did not answer, "" when it did.
    """

    when: float
    jails: tuple[JailBans, ...]
    rows: tuple[BanRow, ...]
    #: elements of each kernel set, by its IPv4 name; both families
    elements: dict[str, int]
    trouble: str = ""

    @property
    def drift(self) -> dict[str, int]:
        """How many rows differ: {"missing": …, "short": …, "stale": …}."""
        counts = dict.fromkeys(ban_row.DRIFT, 0)
        for one in self.rows:
            if one.is_drift:
                counts[one.state] += 1
        return counts


def make(only: Optional[str] = None, sleep: Callable[[float], None] = time.sleep) -> BanComparison:
    """Compare one jail or all; where they differ, compare again, because bans come and go meanwhile.

    A fail2ban that is down is no error: `trouble` says so, and the rows are what the kernel still holds.
    KernelError, UnknownJailError, ClientError.
    """
    first = _once(only)
    if not any(first.drift.values()):
        return first
    sleep(AGAIN_S)
    second = _once(only)
    return BanComparison(
        second.when,
        second.jails,
        tuple(ban_row.confirm(first.rows, second.rows)),
        second.elements,
        second.trouble,
    )


def _once(only: Optional[str]) -> BanComparison:
    with contextlib.closing(Sets()) as kernel:
        try:
            jails = jail_bans.ask_all(only)
        except fail2ban_client.ServerDownError as down:
            sets = {name: _elements(kernel, name) for name in _listed_sets(kernel)}
            return BanComparison(
                time.time(), (), tuple(ban_row.rows_without_fail2ban(sets)), _sizes(sets), str(down)
            )
        names = sorted({jail.set for jail in jails if jail.set is not None})
        sets = {name: _elements(kernel, name) for name in names}
    now = time.time()
    return BanComparison(now, tuple(jails), tuple(ban_row.rows(jails, sets, now)), _sizes(sets))


def _elements(kernel: Sets, name: str) -> Elements:
    found: dict[Key, Optional[int]] = {}
    for family_set in family_sets(name).values():
        with contextlib.suppress(SetMissingError):
            found.update(kernel.entries(family_set))
    return found


def _listed_sets(kernel: Sets) -> Iterable[str]:
    """Return the IPv4 names of all sets in the list that the rule matches."""
    try:
        members = set(kernel.members(LIST))
    except SetMissingError:
        return []
    return sorted(name for name in members if not (name.endswith("6") and name[:-1] in members))


def _sizes(sets: dict[str, Elements]) -> dict[str, int]:
    return {name: len(elements) for name, elements in sets.items()}
