"""The last readings of fail2ban's counters in this process: a counter says something by its growth only."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Optional

#: seconds that a reading is kept
KEPT_S = 600.0
#: seconds between the two readings that a rate is made of
RATE_S = 60.0
#: seconds for which elements that differ are repaired, if they can be (docs/metrics.md)
REPAIR_S = 120.0


class CounterReading(NamedTuple):
    """What fail2ban's file said; `ts` is the file's own time."""

    ts: float
    dropped: Optional[float]
    ban_errors: Optional[float]
    drift: Optional[float]


class Growth(NamedTuple):
    """How much a counter grew, and in how many seconds."""

    amount: float
    seconds: float


class Readings:
    """Keeps readings of ten minutes; of all threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[CounterReading] = deque()

    def add(self, reading: CounterReading) -> None:
        """Keep a reading, unless it is the last one again; a time that goes back begins anew."""
        with self._lock:
            if self._kept and reading.ts <= self._kept[-1].ts:
                if reading.ts == self._kept[-1].ts:
                    return
                self._kept.clear()
            self._kept.append(reading)
            while reading.ts - self._kept[0].ts > KEPT_S:
                self._kept.popleft()

    def find_drop_rate(self) -> Optional[Growth]:
        """Return the packets that were dropped in the last minute or more; None before the second reading."""
        return self._find_growth(lambda reading: reading.dropped, RATE_S)

    def find_ban_errors(self) -> Optional[Growth]:
        """Return the errors of the ban action in all that is kept; None before the second reading."""
        return self._find_growth(lambda reading: reading.ban_errors, KEPT_S)

    def has_lasting_drift(self) -> bool:
        """Return whether elements differ for longer than a repair takes."""
        with self._lock:
            kept = list(self._kept)
        since: Optional[float] = None
        for reading in reversed(kept):
            if not reading.drift:
                break
            since = reading.ts
        return since is not None and kept[-1].ts - since >= REPAIR_S

    def forget(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def _find_growth(
        self, choose: Callable[[CounterReading], Optional[float]], seconds: float
    ) -> Optional[Growth]:
        """Return the growth since the newest reading that is so old, or since the oldest one."""
        with self._lock:
            found = [(one.ts, number) for one in self._kept if (number := choose(one)) is not None]
        if len(found) < 2:
            return None
        ts, last = found[-1]
        older = [pair for pair in found[:-1] if ts - pair[0] >= seconds]
        began, first = older[-1] if older else found[0]
        # it begins at 0 with another start of fail2ban
        return Growth(last - first, ts - began) if last >= first else Growth(last, ts - began)


readings = Readings()
