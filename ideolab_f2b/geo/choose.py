"""Rows of all countries -> the prefixes of some. An IPv6 client is its /64, so no prefix is longer."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
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
    exact = list(ranges)
    inner = [(-(-first >> _HOST_BITS), (last + 1 >> _HOST_BITS) - 1) for first, last in exact]
    outer = list(prefixes.join((first >> _HOST_BITS, last >> _HOST_BITS) for first, last in exact))
    # in doubt a client is let in: a /64 of several countries is on no list that refuses
    chosen = outer if policy == "allow" else [part for part in inner if part[0] <= part[1]]
    return ChosenPrefixes(_split(prefixes.join(chosen), 6), _count(outer) - _count(inner))


def _split(ranges: Iterable[tuple[int, int]], version: int) -> Prefixes:
    addresses, lengths = array("I" if version == 4 else "Q"), array("B")
    bits = 32 if version == 4 else _HOST_BITS
    for first, last in ranges:
        for address, length in prefixes.split(first, last, bits):
            addresses.append(address)
            lengths.append(length)
    return Prefixes(version, addresses, lengths)


def _count(ranges: Iterable[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges if first <= last)
