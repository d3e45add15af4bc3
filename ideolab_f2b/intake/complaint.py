"""Says on stderr (the journal) what is wrong: when it begins, then once a minute while it lasts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

AGAIN_S = 60.0


class Complaint:
    """`subject` is one of a few fixed words: a text with numbers in it would always be new."""

    def __init__(
        self,
        say: Callable[[str], object] = lambda text: print(text, file=sys.stderr, flush=True),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._clock = say, clock
        self._said: dict[str, float] = {}

    def __call__(self, subject: str, text: str) -> None:
        now = self._clock()
        if now - self._said.get(subject, float("-inf")) >= AGAIN_S:
            self._say(f"intake: {text}")
            self._said[subject] = now

    def settle(self, subject: str, text: str) -> None:
        """It is over; said only if it had been said that it began."""
        if self._said.pop(subject, None) is not None:
            self._say(f"intake: {text}")
