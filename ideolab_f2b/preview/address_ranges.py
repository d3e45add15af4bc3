"""Networks as ranges that do not overlap: how many addresses they hold, and whether they hold one. Pure."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network

#: bits of an IPv6 client's network that are its own to fill
_CLIENT_BITS = 64


class AddressRanges:
    """The addresses of some networks, each counted once."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._ranges: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for version, first, prefix in sorted(keys):
            last = first + (1 << LONGEST[version] - prefix) - 1
            merged = self._ranges[version]
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = merged[-1][0], max(last, merged[-1][1])
            else:
                merged.append((first, last))
        self._firsts = {version: [first for first, _last in one] for version, one in self._ranges.items()}

    def holds(self, key: Key) -> bool:
        """Return whether an address of this network is one of them."""
        version, first, prefix = key
        last = first + (1 << LONGEST[version] - prefix) - 1
        index = bisect_right(self._firsts[version], last) - 1
        return index >= 0 and self._ranges[version][index][1] >= first

    def networks(self) -> Iterator[Network]:
        """Yield the fewest networks that have these addresses and no others: IPv4 first."""
        kinds = ((4, ipaddress.IPv4Address), (6, ipaddress.IPv6Address))
        for version, kind in kinds:
            for first, last in self._ranges[version]:
                yield from ipaddress.summarize_address_range(kind(first), kind(last))

    def count(self) -> tuple[int, int]:
        """Return how many IPv4 addresses and how many /64 of IPv6 there are; a part of a /64 is one."""
        four = sum(last - first + 1 for first, last in self._ranges[4])
        six, counted = 0, -1
        for first, last in self._ranges[6]:
            begin, end = max(first >> _CLIENT_BITS, counted + 1), last >> _CLIENT_BITS
            six += max(0, end - begin + 1)
            counted = max(counted, end)
        return four, six
