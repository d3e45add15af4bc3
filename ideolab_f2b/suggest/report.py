"""Everything that one call of the verb has found, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from ideolab_f2b.kernel.client_unit import UNIT, find_span
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.suggest.evidence import BanEvidence
from ideolab_f2b.suggest.proposals import Suggestions, suggest
from ideolab_f2b.suggest.systems import Systems, SystemTable
from ideolab_f2b.suggest.visits import Visits
from ideolab_f2b.visitors.visitors import Visitors


@dataclass(frozen=True)
class Report:
    """The suggestions with their sources; `visits` is None where nobody knows the visitors."""

    days: float
    evidence: BanEvidence
    found: Suggestions
    visits: Optional[Visits]
    visits_since: Optional[float]
    is_partial: bool
    visit_troubles: tuple[str, ...]
    #: why there is no table of ASes; "" when there is
    system_trouble: str


def make(
    evidence: BanEvidence,
    visitors: Visitors,
    table: Optional[SystemTable],
    *,
    days: float,
    top: int,
    system_trouble: str = "",
) -> Report:
    """Return what is proposed for this evidence; without a table only networks are."""
    visits = Visits(count_units(visitors.clients), evidence.units) if visitors.is_known else None
    found = suggest(
        evidence.units,
        banned=evidence.networks,
        numbers=evidence.numbers,
        systems=None if table is None else Systems(table),
        visits=visits,
        top=top,
    )
    return Report(
        days,
        evidence,
        found,
        visits,
        visitors.since,
        visitors.is_partial,
        visitors.troubles,
        system_trouble,
    )


def count_units(clients: Mapping[Key, int]) -> dict[int, dict[int, int]]:
    """Return {IP version: {unit: requests}}; a whole address of IPv6 is a client of its /64."""
    counts: dict[int, dict[int, int]] = {version: {} for version in UNIT}
    for key, requests in clients.items():
        unit, counted = find_span(key)[0], counts[key[0]]
        counted[unit] = counted.get(unit, 0) + requests
    return counts
