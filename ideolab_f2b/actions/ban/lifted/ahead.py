"""Offences whose date is later than now: an unban lifts them too, or they would ban when they are read again.

A clock that is ahead writes such a date, and whoever may write a log can forge it. Pure.
"""

from __future__ import annotations

import threading

from ideolab_f2b.actions.ban.lifted.lifts import LIMIT


class AheadOffences:
    """{address or network: date of its latest offence (epoch seconds), later than when it was read}."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit, self._lock = limit, threading.Lock()
        self._dates: dict[str, float] = {}

    def note(self, identity: str, at: float, now: float) -> None:
        """Note an offence if it is ahead of now; the earliest noted is forgotten for one too many."""
        if at <= now:
            return
        with self._lock:
            self._dates[identity] = max(at, self._dates.pop(identity, 0.0))
            if len(self._dates) > self._limit:
                del self._dates[next(iter(self._dates))]

    def find(self, identity: str) -> float:
        """Return the date; 0 when none was noted."""
        return self._dates.get(identity, 0.0)

    def rows(self, now: float) -> list[tuple[str, float]]:
        """Return those that are still ahead, and forget the others."""
        with self._lock:
            self._dates = {identity: at for identity, at in self._dates.items() if at > now}
            return list(self._dates.items())
