"""Counts of many keys as few series: the largest have one of their own, the rest are together. Pure.

A series never goes back: what was counted under `other` stays there, and a key that gets a series counts on
from what it had under its own name. A key takes the place of another only when it is twice as large, so that
the series do not come and go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERIES = 20
#: keys that are remembered; a key that once had a series is never forgotten
KEYS = 2000
OTHER = "other"


@dataclass
class Top:
    """`seen` all that was counted of a key, `own` what its series shows, `shown` the keys that have one."""

    seen: dict[str, int] = field(default_factory=dict)
    own: dict[str, int] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    other: int = 0

    def add(self, key: str, count: int = 1) -> None:
        if not self._remembered(key):
            self.other += count
            return
        self.seen[key] = self.seen.get(key, 0) + count
        if key not in self.shown:
            self._promote(key)
        if key in self.shown:
            self.own[key] = self.own.get(key, 0) + count
        else:
            self.other += count

    def _remembered(self, key: str) -> bool:
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
        """No series below what was exported earlier."""
        for key, value in values.items():
            if key == OTHER:
                self.other = max(self.other, int(value))
            elif key in self.seen or len(self.seen) < KEYS:
                self.own[key] = max(self.own.get(key, 0), int(value))
                self.seen[key] = max(self.seen.get(key, 0), self.own[key])
                if key not in self.shown and len(self.shown) < SERIES:
                    self.shown.append(key)

    def to_json(self) -> dict[str, Any]:
        return {"seen": self.seen, "own": self.own, "shown": self.shown, "other": self.other}

    @classmethod
    def from_json(cls, told: Any) -> Top:
        """ValueError, TypeError or KeyError when it is none."""
        made = cls(
            {str(key): int(value) for key, value in told["seen"].items()},
            {str(key): int(value) for key, value in told["own"].items()},
            [str(key) for key in told["shown"]],
            int(told["other"]),
        )
        if not set(made.shown) <= made.own.keys() or not made.own.keys() <= made.seen.keys():
            raise ValueError("a key without its counts")
        return made
