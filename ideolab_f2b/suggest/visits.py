"""How many visitors and requests lie in a network or AS, quickly for many networks. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import NamedTuple

from ideolab_f2b.kernel.client_unit import UNIT, Span, Units


class Hit(NamedTuple):
    """Visitors that a ban would hit, and their share of all requests (0 to 1)."""

    visitors: int
    share: float


class Visits:
    """Visitors and their requests; who is banned now or was lately is none."""

    def __init__(self, requests: Mapping[int, Mapping[int, int]], banned: Units) -> None:
        """`requests`: {IP version: {unit: requests}}."""
        self._units: dict[int, list[int]] = {}
        self._sums: dict[int, list[int]] = {}
        for version in UNIT:
            # one who is banned is no visitor: what scanners ask for would hide their own network
            kept = sorted(requests.get(version, {}).keys() - banned.get(version, set()))
            self._units[version] = kept
            self._sums[version] = [0, *accumulate(requests[version][unit] for unit in kept)]
        self.total = sum(sums[-1] for sums in self._sums.values())
        self.count = sum(map(len, self._units.values()))

    def find_hit(self, spans: Iterable[tuple[int, Span]]) -> Hit:
        """Return who lies in these spans; they do not overlap."""
        visitors = requests = 0
        for version, (first, last) in spans:
            begin, end = bisect_left(self._units[version], first), bisect_right(self._units[version], last)
            visitors += end - begin
            requests += self._sums[version][end] - self._sums[version][begin]
        return Hit(visitors, requests / self.total if self.total else 0.0)
