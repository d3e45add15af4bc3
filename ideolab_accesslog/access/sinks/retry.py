"""Decides when a database that did not answer is asked again."""

from __future__ import annotations

from time import monotonic
from typing import Callable


class Retry:
    """Pauses of 0.5 s, 1 s, 2 s, ... up to `most_s`: so long rows wait after an outage, at most."""

    def __init__(
        self, least_s: float = 0.5, most_s: float = 5.0, now: Callable[[], float] = monotonic
    ) -> None:
        self._least_s = least_s
        self._most_s = most_s
        self._now = now
        self.note_success()

    def note_success(self) -> None:
        """Note that the database answered: the next failure begins with the shortest pause."""
        self._delay_s = self._least_s
        self._due = 0.0
        self.is_failing: bool = False

    def note_failure(self) -> bool:
        """Begin a pause, twice as long as the last one; return True for the first failure of an outage."""
        is_first = not self.is_failing
        self.is_failing = True
        self._due = self._now() + self._delay_s
        self._delay_s = min(self._delay_s * 2, self._most_s)
        return is_first

    def is_due(self) -> bool:
        """Return whether the pause is over."""
        return self._now() >= self._due
