"""The histogram of ban_latency_seconds: counts by upper limit. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from ideolab_f2b.metrics import Distribution

#: seconds; fail2ban alone needs 0.5 (p50) to 1.4 (p99), with latency=low 0.01 to 0.05
LIMITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass
class Buckets:
    counts: list[int] = field(default_factory=lambda: [0] * (len(LIMITS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(LIMITS, seconds)] += 1
        self.sum += seconds

    def distribution(self) -> Distribution:
        upto = list(accumulate(self.counts))
        return Distribution(tuple(zip(LIMITS, map(float, upto))), float(upto[-1]), self.sum)

    def to_json(self) -> dict[str, Any]:
        return {"counts": self.counts, "sum": self.sum}

    @classmethod
    def from_json(cls, told: Any) -> Buckets:
        made = cls([int(count) for count in told["counts"]], float(told["sum"]))
        if len(made.counts) != len(LIMITS) + 1:
            raise ValueError("other limits")
        return made
