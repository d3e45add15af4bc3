"""Finds the widest prefixes of which a share is banned, one address at a time. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ideolab_f2b.kernel.client_unit import UNIT
from ideolab_f2b.kernel.ipset.element import LONGEST, Key

#: banned addresses that a prefix has at least
LEAST = 4


class Dense(NamedTuple):
    """A prefix with its first and last unit, and how many of them are banned."""

    key: Key
    first: int
    last: int
    banned: int

    @property
    def size(self) -> int:
        """Return how many addresses (IPv6: /64) the prefix has."""
        return self.last - self.first + 1


def find_crowds(version: int, units: Iterable[int], widest: int) -> set[int]:
    """Return the prefixes of the length `widest`, as numbers, that have enough units to look into."""
    shift = UNIT[version] - widest
    counts = Counter(unit >> shift for unit in units)
    return {prefix for prefix, count in counts.items() if count >= LEAST}


def find_dense(version: int, units: Sequence[int], widest: int, share: float) -> Iterator[Dense]:
    """Yield the widest prefixes that are dense enough, not wider than `widest`; no two overlap.

    `units` are sorted, and none is twice.
    """
    shift = UNIT[version] - widest
    for prefix in sorted({unit >> shift for unit in units}):
        yield from _look_into(version, units, prefix << shift, widest, share)


def _look_into(version: int, units: Sequence[int], first: int, length: int, share: float) -> Iterator[Dense]:
    size = 1 << UNIT[version] - length
    banned = bisect_left(units, first + size) - bisect_left(units, first)
    if banned < LEAST:
        return
    if banned >= share * size:
        yield Dense(
            (version, first << LONGEST[version] - UNIT[version], length), first, first + size - 1, banned
        )
        return
    for half in (first, first + size // 2):
        yield from _look_into(version, units, half, length + 1, share)
