"""Values that become Prometheus series: the largest of many keys, and a histogram of seconds. Pure.

A series of TopSeries never goes back: what was counted under `other` stays there, and a key that gets a
series counts on from what it had under its own name. A key takes the place of another only when it is twice
as large, so that the series do not come and go.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from ideolab_f2b.metrics import Distribution

#: keys that have a series at one time
SERIES = 20
#: keys that are remembered; a key that once had a series is never forgotten
KEYS = 2000
#: the label of everything without a series of its own
OTHER = "other"
#: upper limits in seconds; fail2ban alone needs 0.5 (p50) to 1.4 (p99), with latency=low 0.01 to 0.05
LIMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass
class TopSeries:
    """`seen` all that was counted of a key, `own` what its series shows, `shown` the keys that have one."""

    seen: dict[str, int] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    other: int = 0

    def add(self, key: str, count: int = 1) -> None:
        """Count a key, in its own series when it has one or gets one, else under `other`."""
        if not self._remember(key):
            self.other += count
            return
        self.seen[key] = self.seen.get(key, 0) + count
        if key not in self.shown:
            self._promote(key)
        if key in self.shown:
            self.own[key] = self.own.get(key, 0) + count
        else:
            self.other += count

    def _remember(self, key: str) -> bool:
        """Make room for a new key; False when there is none."""
        if key in self.seen or len(self.seen) < KEYS:
            return True
        forgettable = [known for known in self.seen if known not in self.own]
        if not forgettable:
            return False
        # a tenth at once: not a search for the smallest with each new key
        for known in sorted(forgettable, key=self.seen.__getitem__)[: max(1, KEYS // 10)]:
            del self.seen[known]
        return True

    def _promote(self, key: str) -> None:
        if len(self.shown) < SERIES:
            self.shown.append(key)
            return
        weakest = min(self.shown, key=self.seen.__getitem__)
        if self.seen[key] > 2 * self.seen[weakest]:
            self.shown[self.shown.index(weakest)] = key

    def values(self) -> dict[tuple[str, ...], float]:
        """{(key,): count} of the series, with `other`."""
        return {**{(key,): float(self.own[key]) for key in self.shown}, (OTHER,): float(self.other)}

    def raise_to(self, values: Mapping[str, float]) -> None:
        """Raise each series to at least the value that was exported earlier."""
        for key, value in values.items():
            if key == OTHER:
                self.other = max(self.other, int(value))
            elif key in self.seen or len(self.seen) < KEYS:
                self._raise_key(key, int(value))

    def _raise_key(self, key: str, value: int) -> None:
        self.own[key] = max(self.own.get(key, 0), value)
        self.seen[key] = max(self.seen.get(key, 0), self.own[key])
        if key not in self.shown and len(self.shown) < SERIES:
            self.shown.append(key)

    def to_json(self) -> dict[str, Any]:
        """Return what json.dumps() writes and from_json() reads."""
        return {"seen": self.seen, "own": self.own, "shown": self.shown, "other": self.other}

    @classmethod
    def from_json(cls, data: Any) -> TopSeries:
        """Read what to_json() returned; ValueError, TypeError or KeyError when it is something else."""
        top = cls(
            {str(key): int(value) for key, value in data["seen"].items()},
            {str(key): int(value) for key, value in data["own"].items()},
            [str(key) for key in data["shown"]],
            int(data["other"]),
        )
        if not set(top.shown) <= top.own.keys() or not top.own.keys() <= top.seen.keys():
            raise ValueError("a key without its counts")
        return top


@dataclass
class Histogram:
    """`counts` of the seconds up to each of LIMITS and above the last, each counted once; their `sum`."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(LIMITS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration; a value on a limit is within it."""
        self.counts[bisect_left(LIMITS, seconds)] += 1
        self.sum += seconds

    def distribution(self) -> Distribution:
        """Return the counts as Prometheus has them: each limit with all that are not above it."""
        upto = list(accumulate(self.counts))
        return Distribution(tuple(zip(LIMITS, map(float, upto))), float(upto[-1]), self.sum)

    def to_json(self) -> dict[str, Any]:
        """Return what json.dumps() writes and from_json() reads."""
        return {"counts": self.counts, "sum": self.sum}

    @classmethod
    def from_json(cls, data: Any) -> Histogram:
        """Read what to_json() returned; ValueError, TypeError or KeyError when it is something else."""
        histogram = cls([int(count) for count in data["counts"]], float(data["sum"]))
        if len(histogram.counts) != len(LIMITS) + 1:
            raise ValueError("other limits")
        return histogram
