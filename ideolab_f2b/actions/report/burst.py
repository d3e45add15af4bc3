"""When the report's thread may work: not while bans come in a burst, as long as that can wait."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

#: seconds that a burst can put the work off
BURST_S = 5.0
#: rest after a piece of work, in times of what it took: the interpreter is mostly the jails'
REST = 2.0
#: bans a second that are a burst
RATE = 50
#: seconds between two questions whether the burst is over
STEP_S = 0.25
#: seconds of one rest in a burst, at most
REST_IN_BURST_S = 2.0


class Burst:
    """`puts` is how many bans were handed in; whoever hands one in adds to it."""

    def __init__(self) -> None:
        self.puts = 0
        #: `puts` at the last is_due()
        self._puts_before = 0
        self._since: Optional[float] = None
        #: time and `puts` at the last question for the rate
        self._mark = (0.0, 0)

    def is_due(self) -> bool:
        """Whether nothing came since the last question, or a burst has put the work off long enough."""
        puts, now = self.puts, time.monotonic()
        is_quiet, self._puts_before = puts == self._puts_before, puts
        if is_quiet:
            self._since = None
            return True
        # of this burst, not of what an earlier one has left
        self._since = now if self._since is None else self._since
        return now - self._since >= BURST_S

    def end(self) -> None:
        """Note that everything that waited is done."""
        self._since = None

    def rest(self, took_s: float, stop: threading.Event, can_wait: Callable[[], bool]) -> None:
        """Rest after a piece of work, then while a burst lasts and that can wait; `stop` ends it at once."""
        begin = time.monotonic()
        stop.wait(min(STEP_S, REST * took_s))
        while self._is_burst() and can_wait() and time.monotonic() - begin < REST_IN_BURST_S:
            if stop.wait(STEP_S):
                return

    def _is_burst(self) -> bool:
        """Whether many were handed in since the last question."""
        now, puts = time.monotonic(), self.puts
        passed_s, came = now - self._mark[0], puts - self._mark[1]
        self._mark = (now, puts)
        return came > RATE * passed_s
