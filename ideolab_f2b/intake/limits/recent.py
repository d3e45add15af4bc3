"""Counts by key over the last minutes, in bounded memory: keys that do not come again are forgotten."""

from __future__ import annotations


class RecentCounts:
    """Counts over the last `window_s` seconds for at most `keys` keys, give or take one batch of them.

    There are two tables, this window's and the last one's; of the last one counts the part that is still
    within the window. When a table is full the next begins early, and the oldest counts go.
    """

    def __init__(self, window_s: float, keys: int) -> None:
        self._window_s, self._full = window_s, max(1, keys // 2)
        self._start, self._part = float("-inf"), 0.0
        self._now: dict[bytes, int] = {}
        self._before: dict[bytes, int] = {}

    def advance(self, now: float) -> None:
        """Take note of the time, in seconds; it never goes back. Call it for each batch."""
        age = now - self._start
        if age >= self._window_s or len(self._now) >= self._full:
            self._before = self._now if age < 2 * self._window_s else {}
            self._now, self._start, age = {}, now, 0.0
        self._part = 1.0 - age / self._window_s

    def add(self, key: bytes, number: int = 1) -> float:
        """Count `number` more of this key, and return how many there are now."""
        table = self._now
        table[key] = count = table.get(key, 0) + number
        return count + self._part * self._before[key] if key in self._before else count

    def count(self, key: bytes) -> float:
        """Return how many of this key there were within the window."""
        count = self._now.get(key, 0)
        return count + self._part * self._before[key] if key in self._before else count
