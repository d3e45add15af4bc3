"""Finds when enough quiet connections will be old enough to count. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import PhaseCounts, SnapshotCounts
from ideolab_f2b.connmon.phases.phase import YOUNG
from ideolab_f2b.connmon.suspects.network import networks_of
from ideolab_f2b.connmon.suspects.score import count_hostile


def find_wait_s(seen: SnapshotCounts, settings: Connmon) -> float | None:
    """Return the seconds until an address or network has its limit's number of old enough connections.

    None where nobody has so many.
    """
    if len(seen.young_ages) == 0:
        return None
    missing = _find_missing(seen.phases, settings)
    ages: dict[bytes, list[int]] = {name: [] for name in missing}
    for address, age_ms in zip(seen.young_addresses, seen.young_ages):
        for name in (address, *networks_of(address)):
            if name in ages:
                ages[name].append(age_ms)
    waits_s = [
        settings.idle_s - sorted(found, reverse=True)[missing[name] - 1] / 1000
        for name, found in ages.items()
        if len(found) >= missing[name]
    ]
    return max(0.0, min(waits_s)) if waits_s else None


def _find_missing(table: Mapping[bytes, PhaseCounts], settings: Connmon) -> dict[bytes, int]:
    """Return {name: how many old enough connections it lacks} of those that have as many young ones."""
    missing: dict[bytes, int] = {}
    sums: dict[bytes, int] = {}
    for address, counts in table.items():
        young = counts[YOUNG]
        if young:
            lacks = settings.th_hostile_ip - count_hostile(counts)
            if 0 < lacks <= young:
                missing[address] = lacks
            for name in networks_of(address):
                sums[name] = sums.get(name, 0) + young
    # one attack opens its connections within one tick; older ones of a network count at the next tick
    limit = settings.th_hostile_subnet
    missing.update({name: limit for name, young in sums.items() if young >= limit})
    return missing
