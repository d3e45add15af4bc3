"""Bounds the bytes that go into a log: what jails need goes first, then those who have few lines yet.

The last quarter is kept for whoever is new, so that no owner of a network can empty the budget: a network
gets a few lines of it, and a much wider one as many of the last eighth.
"""

from __future__ import annotations

from ideolab_f2b.intake import client
from ideolab_f2b.intake.limits.recent import RecentCounts

#: seconds in which an empty budget is full again
HOUR_S = 3600.0
#: part of the budget that lines which no jail of jail.d counts leave for the others
SHOWN_PART = 0.5
#: part of the budget that is kept for networks (/24, /48) with few lines
FEW_PART = 0.25
#: part of the budget that is kept for wide networks (/16, /32) with few lines
WIDE_PART = 0.125
#: lines of a network in WINDOW_S of what is kept: more than the largest maxretry of the jails
FEW_LINES = 20
#: seconds; the longest findtime of the jails
WINDOW_S = 600.0
#: networks that are remembered
_NETWORKS = 50_000


class Budget:
    """Holds `bytes_hour` bytes at most, and gains as many in an hour."""

    def __init__(self, bytes_hour: int) -> None:
        self._size = self._left = float(bytes_hour)
        self._now = float("-inf")
        self._lines = RecentCounts(WINDOW_S, _NETWORKS, network_of=bytes)

    def advance(self, now: float) -> None:
        """Gain what the time since the last call is worth; seconds that never go back."""
        if now > self._now > float("-inf"):
            self._left = min(self._size, self._left + self._size * (now - self._now) / HOUR_S)
        self._now = now
        self._lines.advance(now)

    def spend(self, count: int) -> None:
        """Take away the bytes that were written."""
        self._left -= count

    def allows(self, is_counted: bool, key: bytes) -> bool:
        """Return whether a line of this client may be written; of what is kept for few it then takes one."""
        part = self._left / self._size
        if not is_counted or part > FEW_PART:
            return part > (FEW_PART if is_counted else SHOWN_PART)
        if part <= 0:
            return False
        network = client.network_of(key)
        name = network if part > WIDE_PART else _widen(network)
        return self._lines.add(name) <= FEW_LINES

    @property
    def is_ample(self) -> bool:
        """Whether every line may be written."""
        return self._left > self._size * SHOWN_PART


def _widen(network: bytes) -> bytes:
    """Return the /16 of a /24, or the /32 of a /48."""
    return network[:2] if len(network) == 3 else network[:4]
