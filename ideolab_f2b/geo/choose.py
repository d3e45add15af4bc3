"""Rows of all countries -> the prefixes of some. An IPv6 client is its /64, so no prefix is longer."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator
from itertools import compress
from typing import NamedTuple

from ideolab_f2b.geo.country_list import Prefixes
from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.ranges import prefixes

#: bits of an IPv6 address that tell the hosts of a /64 apart
_HOST_BITS = 64


class ChosenPrefixes(NamedTuple):
    """Prefixes of a family, and the /64s that are of several countries: all in (allow), or none (deny)."""

    prefixes: Prefixes
    shared: int


def choose(rows: CountryRows, countries: Collection[str], policy: str) -> ChosenPrefixes:
    """Return the prefixes of the countries; the rows are settled. Pure."""
    is_chosen = bytes(map(frozenset(countries).__contains__, rows.codes))
    ranges = prefixes.join(zip(compress(rows.firsts, is_chosen), compress(rows.lasts, is_chosen)))
    if rows.version == 4:
        return ChosenPrefixes(_split(ranges, 4), 0)
    rounding = _Rounding(policy)
    return ChosenPrefixes(_split(prefixes.join(rounding.round(ranges)), 6), rounding.shared)


class _Rounding:
    """Ranges of IPv6 as ranges of /64s; `shared` counts those that they hold a part of."""

    def __init__(self, policy: str) -> None:
        # in doubt a client is let in: a /64 of several countries is on no list that refuses
        self._is_widened = policy == "allow"
        self.shared = 0

    def round(self, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield (first, last) in numbers of /64s."""
        before = -1
        for first, last in ranges:
            outer = first >> _HOST_BITS, last >> _HOST_BITS
            inner = -(-first >> _HOST_BITS), (last + 1 >> _HOST_BITS) - 1
            if outer != inner:
                # two ranges may have parts of one
                self.shared += outer[1] - max(outer[0], before + 1) + 1 - max(0, inner[1] - inner[0] + 1)
            before = outer[1]
            if self._is_widened:
                yield outer
            elif inner[0] <= inner[1]:
                yield inner


def _split(ranges: Iterable[tuple[int, int]], version: int) -> Prefixes:
    addresses, lengths = array("I" if version == 4 else "Q"), array("B")
    bits = 32 if version == 4 else _HOST_BITS
    for first, last in ranges:
        for address, length in prefixes.split(first, last, bits):
            addresses.append(address)
            lengths.append(length)
    return Prefixes(version, addresses, lengths)
