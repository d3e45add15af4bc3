"""What visitors got: served in bins of two seconds, and the longest time without service."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.bench.redteam.visitors import EVERY_S

#: fewer than this part of the visits served: no service
_HALF = 0.5


class Visit(NamedTuple):
    """One visit: when it began (epoch), and whether its page came in time."""

    at: float
    served: bool


def read_visits(lines: Iterable[str]) -> list[Visit]:
    """Return the visits that the visitors' process printed."""
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    return sorted(Visit(float(row["at"]), bool(row["served"])) for row in rows)


def share(visits: Sequence[Visit]) -> float:
    """Return which part of the visits was served; 1 without any."""
    return sum(one.served for one in visits) / len(visits) if visits else 1.0


def between(visits: Sequence[Visit], begin: float, end: float) -> list[Visit]:
    """Return the visits that began in that time."""
    return [one for one in visits if begin <= one.at < end]


def bins(visits: Sequence[Visit], begin: float, end: float) -> list[float]:
    """Return the served part of each two seconds."""
    count = int((end - begin) / EVERY_S)
    return [
        share(between(visits, begin + EVERY_S * one, begin + EVERY_S * (one + 1))) for one in range(count)
    ]


def longest_outage_s(shares: Sequence[float]) -> float:
    """Return the seconds of the longest run of bins without service."""
    runs = itertools.groupby(shares, lambda one: one < _HALF)
    return max((EVERY_S * len(list(run)) for is_down, run in runs if is_down), default=0.0)
