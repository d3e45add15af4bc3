"""Limits how often something is done: a few times in a row, then once in a while. Pure."""

from __future__ import annotations

from typing import Callable


class Allowance:
    """`most` times at once; each `again_s` seconds one more."""

    def __init__(self, most: int, again_s: float, clock: Callable[[], float]) -> None:
        self._most, self._again_s, self._clock = most, again_s, clock
        self._left, self._since = float(most), clock()

    def take(self) -> bool:
        """Take one if there is one left."""
        now = self._clock()
        self._left = min(float(self._most), self._left + (now - self._since) / self._again_s)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
