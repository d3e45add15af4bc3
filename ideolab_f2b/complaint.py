"""Says what is wrong once, and again after some time while it lasts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

#: subjects that are remembered; a stranger's address may be one, so their number has a limit
LIMIT = 1000
#: seconds after which a service says again on stderr what lasts
AGAIN_S = 60.0


class Complaint:
    """Passes a text to `say` when its subject is new, or was said `again_s` seconds ago."""

    def __init__(
        self,
        say: Callable[[str], object],
        again_s: float,
        clock: Callable[[], float] = time.monotonic,
        limit: int = LIMIT,
    ) -> None:
        self._say, self._again_s, self._clock, self._limit = say, again_s, clock, limit
        #: subject -> when it was said, the oldest first
        self._said: dict[str, float] = {}

    def say(self, text: str, subject: str = "") -> bool:
        """Say `text` unless its subject was said lately; return whether it was said.

        Without `subject` the text is its own subject. A text with numbers in it is always new: give it one.
        """
        name, now = subject or text, self._clock()
        if now - self._said.get(name, float("-inf")) < self._again_s:
            return False
        self._said.pop(name, None)
        while len(self._said) >= self._limit:
            del self._said[next(iter(self._said))]
        self._said[name] = now
        self._say(text)
        return True

    def settle(self, subject: str, text: str = "") -> None:
        """Note that `subject` is over; say `text` if it had been said that it began."""
        if self._said.pop(subject, None) is not None and text:
            self._say(text)

    def subjects(self) -> list[str]:
        """What was said and is not settled, the oldest first."""
        return list(self._said)


def complain_on_stderr(program: str) -> Complaint:
    """Return a complaint of a service: `program: text` on stderr (the journal), again once a minute."""
    return Complaint(lambda text: print(f"{program}: {text}", file=sys.stderr, flush=True), AGAIN_S)
