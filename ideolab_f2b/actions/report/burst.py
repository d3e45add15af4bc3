"""When the report's thread may work: not while bans come in a burst, as long as that can wait."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

#: seconds that a burst can put the work off
BURST_S = 5.0
#: rest after a piece of work, in times of what it took; in a burst of so many bans a second until it is over,
#: in steps of so many seconds, and not longer than that
REST, RATE, STEP_S, REST_IN_BURST_S = 2.0, 50, 0.25, 2.0


class Lull:
    """`puts` is how many bans were handed in; whoever hands one in adds to it."""

    def __init__(self) -> None:
        self.puts = 0
        self._seen = 0
        self._burst_since: Optional[float] = None
        self._marked = (0.0, 0)

    def is_due(self) -> bool:
        """Whether nothing came since the last question, or a burst has put the work off long enough."""
        puts, now = self.puts, time.monotonic()
        is_quiet, self._seen = puts == self._seen, puts
        if is_quiet:
            self._burst_since = None
            return True
        # of this burst, not of what an earlier one has left
        self._burst_since = now if self._burst_since is None else self._burst_since
        return now - self._burst_since >= BURST_S

    def worked(self) -> None:
        """Everything that waited is done."""
        self._burst_since = None

    def rest(self, took_s: float, stop: threading.Event, can_wait: Callable[[], bool]) -> None:
        """After a piece of work; `stop` ends it at once."""
        begin = time.monotonic()
        stop.wait(min(STEP_S, REST * took_s))
        while self._is_burst() and can_wait() and time.monotonic() - begin < REST_IN_BURST_S:
            if stop.wait(STEP_S):
                return

    def _is_burst(self) -> bool:
        """Whether many were handed in since the last time."""
        now, puts = time.monotonic(), self.puts
        passed, came = now - self._marked[0], puts - self._marked[1]
        self._marked = (now, puts)
        return came > RATE * passed
