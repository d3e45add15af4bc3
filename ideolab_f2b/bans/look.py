"""One look at fail2ban and at the kernel; twice where they differ, as bans come and go in between."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import held, row
from ideolab_f2b.bans.held import Jail
from ideolab_f2b.bans.row import Elements, Row
from ideolab_f2b.firewall.names import LIST, family_sets
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets

#: seconds between the two looks: a ban in a burst is carried out much sooner
AGAIN_S = 1.0


@dataclass(frozen=True)
class Look:
    """What was seen at `when` (epoch seconds); `trouble` is why fail2ban told nothing, "" when it did."""

    when: float
    jails: tuple[Jail, ...]
    rows: tuple[Row, ...]
    #: elements of each kernel set, by its IPv4 name; both families
    elements: dict[str, int]
    trouble: str = ""

    @property
    def drift(self) -> dict[str, int]:
        """{"missing": …, "short": …, "stale": …}."""
        counts = dict.fromkeys(row.DRIFT, 0)
        for one in self.rows:
            if one.is_drift:
                counts[one.state] += 1
        return counts


def look(only: Optional[str] = None, sleep: Callable[[float], None] = time.sleep) -> Look:
    """Of one jail or of all. KernelError, held.UnknownJailError, client.ClientError; a fail2ban that is
    down is told in the answer, with what the kernel still holds."""
    first = _once(only)
    if not any(first.drift.values()):
        return first
    sleep(AGAIN_S)
    second = _once(only)
    return Look(
        second.when,
        second.jails,
        tuple(row.confirmed(first.rows, second.rows)),
        second.elements,
        second.trouble,
    )


def _once(only: Optional[str]) -> Look:
    with contextlib.closing(Sets()) as kernel:
        try:
            jails = held.jails(only)
        except fail2ban_client.ServerDownError as down:
            sets = {name: _elements(kernel, name) for name in _linked(kernel)}
            return Look(time.time(), (), tuple(row.unwatched(sets)), _sizes(sets), str(down))
        names = sorted({jail.set for jail in jails if jail.set is not None})
        sets = {name: _elements(kernel, name) for name in names}
    now = time.time()
    return Look(now, tuple(jails), tuple(row.rows(jails, sets, now)), _sizes(sets))


def _elements(kernel: Sets, name: str) -> Elements:
    found: dict[Key, Optional[int]] = {}
    for family_set in family_sets(name).values():
        with contextlib.suppress(SetMissingError):
            found.update(kernel.entries(family_set))
    return found


def _linked(kernel: Sets) -> Iterable[str]:
    """The IPv4 names of all sets that the rule drops."""
    try:
        members = set(kernel.members(LIST))
    except SetMissingError:
        return []
    return sorted(name for name in members if not (name.endswith("6") and name[:-1] in members))


def _sizes(sets: dict[str, Elements]) -> dict[str, int]:
    return {name: len(elements) for name, elements in sets.items()}
