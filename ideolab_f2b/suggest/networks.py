"""Networks in which bans cluster, of every length that is proposed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ideolab_f2b.kernel.client_unit import UNIT, Units
from ideolab_f2b.suggest import cluster
from ideolab_f2b.suggest.cluster import BanCluster

#: lengths of proposed prefixes, by IP version, the longest first. 256 to 4,096 addresses of IPv4; of IPv6
#: what hosters give to one customer, with 256 to 65,536 /64
LENGTHS: Mapping[int, tuple[int, ...]] = {4: (24, 23, 22, 21, 20), 6: (56, 52, 48)}
#: lengths of networks that count as different ones, by IP version
APART = {4: 24, 6: 48}


def find_networks(units: Units) -> Iterator[BanCluster]:
    """Yield each network with enough banned addresses; those of different lengths overlap."""
    for version in LENGTHS:
        yield from _find_networks(version, units.get(version, set()))


def _find_networks(version: int, units: set[int]) -> Iterator[BanCluster]:
    counts, before = Counter(units), UNIT[version]
    apart: Counter[int] = Counter()
    for length in LENGTHS[version]:
        counts = _widen(counts, before - length)
        apart = Counter(counts.keys()) if length >= APART[version] else _widen(apart, before - length)
        before = length
        for prefix, banned in counts.items():
            found = cluster.make(
                version,
                banned,
                1 << UNIT[version] - length,
                apart[prefix],
                network=(prefix << UNIT[version] - length, length),
            )
            if found is not None:
                yield found


def _widen(counts: Mapping[int, int], bits: int) -> Counter[int]:
    """Return the sums of networks that are so many bits shorter."""
    wider: Counter[int] = Counter()
    for prefix, count in counts.items():
        wider[prefix >> bits] += count
    return wider
