"""When a source that failed may be asked again: each failure doubles the wait, an answer ends it."""

from __future__ import annotations

from typing import Callable

#: seconds; a source that has been dead for a day is asked once an hour
LONGEST_S = 3600.0


class Backoff:
    """One source's; `clock` is monotonic seconds."""

    def __init__(self, first_s: float, clock: Callable[[], float]) -> None:
        self._first_s = first_s
        self._clock = clock
        self._wait_s = 0.0
        self._until = float("-inf")

    @property
    def is_over(self) -> bool:
        return self._clock() >= self._until

    def failed(self) -> None:
        self._wait_s = min(LONGEST_S, self._wait_s * 2 or self._first_s)
        self._until = self._clock() + self._wait_s

    def answered(self) -> None:
        self._wait_s = 0.0
        self._until = float("-inf")
