"""Decides when a source that failed is asked again: each failure doubles the wait, an answer ends it."""

from __future__ import annotations

from typing import Callable

#: seconds; a source that has been dead for a day is asked once an hour
LONGEST_S = 3600.0


class SourceBackoff:
    """The wait for one source; `clock` is monotonic seconds."""

    def __init__(self, first_s: float, clock: Callable[[], float]) -> None:
        self._first_s = first_s
        self._clock = clock
        self._wait_s = 0.0
        self._until = float("-inf")

    @property
    def is_over(self) -> bool:
        """Return whether the source may be asked."""
        return self._clock() >= self._until

    def note_failure(self) -> None:
        """Wait, twice as long as the last time if nothing was answered since."""
        self._wait_s = min(LONGEST_S, self._wait_s * 2 or self._first_s)
        self._until = self._clock() + self._wait_s

    def note_answer(self) -> None:
        """Wait no longer."""
        self._wait_s = 0.0
        self._until = float("-inf")
