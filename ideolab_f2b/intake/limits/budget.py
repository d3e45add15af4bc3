"""Bounds the bytes that go into a log: what jails need goes first, then those who have few lines yet."""

from __future__ import annotations

#: seconds in which an empty budget is full again
HOUR_S = 3600.0
#: part of the budget that lines which no jail of jail.d counts leave for the others
SHOWN_PART = 0.5
#: part of the budget that is kept for clients with few lines
FEW_PART = 0.25
#: lines of a client in five minutes: more than the largest maxretry of the jails
FEW_LINES = 20


class Budget:
    """Holds `bytes_hour` bytes at most, and gains as many in an hour."""

    def __init__(self, bytes_hour: int) -> None:
        self._size = self._left = float(bytes_hour)
        self._now = float("-inf")

    def advance(self, now: float) -> None:
        """Gain what the time since the last call is worth; seconds that never go back."""
        if now > self._now > float("-inf"):
            self._left = min(self._size, self._left + self._size * (now - self._now) / HOUR_S)
        self._now = now

    def spend(self, count: int) -> None:
        """Take away the bytes that were written."""
        self._left -= count

    def allows(self, is_counted: bool, lines: float) -> bool:
        """Return whether a line may be written whose client has so many lines in the last minutes."""
        if is_counted:
            return self._left > (0.0 if lines <= FEW_LINES else self._size * FEW_PART)
        return self._left > self._size * SHOWN_PART

    @property
    def is_ample(self) -> bool:
        """Whether every line may be written."""
        return self._left > self._size * SHOWN_PART
