"""One turn of the writer's thread: when it is over, and when the thread rests so that requests go first."""

from __future__ import annotations

from time import monotonic, sleep, thread_time
from typing import Callable, Optional

#: seconds of the processor that are used in one piece: a request that needs the interpreter waits so long
PIECE_S = 0.002
#: how many times longer than a piece the rest after it is: a fifth of one processor is ours
REST = 4
#: seconds of the longest rest: under gevent the used time is that of all greenlets
REST_MAX_S = 0.02


class Turn:
    """Ends after `seconds`; None: it has no end and no rest, for a process that ends and for tests."""

    def __init__(
        self,
        seconds: Optional[float] = None,
        used: Callable[[], float] = thread_time,
        pause: Callable[[float], object] = sleep,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._used, self._pause, self._now = used, pause, now
        self._end = None if seconds is None else now() + seconds
        self._began = used()

    def is_over(self) -> bool:
        """Return whether the time of the turn is up."""
        return self._end is not None and self._now() >= self._end

    @property
    def is_last(self) -> bool:
        """Whether the turn has no end: nothing may wait for the next one."""
        return self._end is None

    def rest(self) -> None:
        """Pause when the thread has used the processor for a piece; cheap otherwise."""
        taken = self._used() - self._began
        if self._end is not None and taken >= PIECE_S:
            self._pause(min(taken * REST, REST_MAX_S))
            self._began = self._used()
