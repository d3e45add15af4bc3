"""Reports a problem once, and again after some time while it lasts."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable

#: subjects that are remembered; a stranger's address may be one, so their number has a limit
LIMIT = 1000
#: what differs in the text of a trouble that lasts: tempfile has eight letters, digits and _
_DIFFERENT = re.compile(r"[a-z0-9_]{8}\.tmp|0x[0-9a-f]+|\d+")
#: seconds after which a service says again on stderr what lasts
AGAIN_S = 60.0


def name_subject(text: str) -> str:
    """Return a text without what is another one each time: numbers, the names of temporary files."""
    return _DIFFERENT.sub("#", text)


class Complaint:
    """Gives a text to `say` when its subject is new, or was said `again_s` seconds ago; for any thread."""

    def __init__(
        self,
        say: Callable[[str], object],
        again_s: float,
        clock: Callable[[], float] = time.monotonic,
        limit: int = LIMIT,
    ) -> None:
        self._say, self._again_s, self._clock, self._limit = say, again_s, clock, limit
        self._lock = threading.Lock()
        #: {subject: (when it was said, the text)}, the oldest first
        self._said: dict[str, tuple[float, str]] = {}

    def say(self, text: str, subject: str = "") -> bool:
        """Say `text` unless its subject was said lately; return whether it was said.

        Without `subject` it is the text without numbers and temporary names. Give one where the text has
        anything else that differs while the same trouble lasts.
        """
        if not self._mark(subject or name_subject(text), text):
            return False
        self._say(text)
        return True

    def _mark(self, subject: str, text: str) -> bool:
        """Note that a subject is said now; return False when it was said lately."""
        now = self._clock()
        with self._lock:
            said_at, _text = self._said.get(subject, (float("-inf"), ""))
            if now - said_at < self._again_s:
                return False
            self._said.pop(subject, None)
            while len(self._said) >= self._limit:
                del self._said[next(iter(self._said))]
            self._said[subject] = now, text
        return True

    def settle(self, subject: str, text: str = "") -> None:
        """Note that `subject` is over; say `text` if it had been said that it began."""
        with self._lock:
            was_said = self._said.pop(subject, None) is not None
        if was_said and text:
            self._say(text)

    def subjects(self) -> list[str]:
        """Return the subjects that were said and not settled, the oldest first."""
        with self._lock:
            return list(self._said)

    def texts(self) -> list[str]:
        """Return what was said last of each of these subjects, in the same order."""
        with self._lock:
            return [text for _said_at, text in self._said.values()]


def complain_on_stderr(program: str) -> Complaint:
    """Return a complaint of a service: `program: text` on stderr (the journal), again once a minute."""
    return Complaint(lambda text: print(f"{program}: {text}", file=sys.stderr, flush=True), AGAIN_S)
