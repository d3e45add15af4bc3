"""Counts the results of look-ups for metrics, and keeps what a log has to say. For any thread."""

from __future__ import annotations

import threading
from collections import Counter

from ideolab_f2b.complaint import Complaint

#: different complaints that are kept, the newest: their texts may hold an error message of somebody else
MOST = 50
#: characters of a complaint that are kept
LENGTH = 300


class LookupResults:
    """The results of one Lookup and of all that it asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        # nothing is said here: whoever asks for complaints() has a log or a terminal
        self._complaint = Complaint(lambda _text: None, float("inf"), limit=MOST)
        self._failures = Complaint(lambda _text: None, float("inf"), limit=MOST)

    def count(self, source: str, result: str, times: int = 1) -> None:
        """Count a result (hit, miss, negative, error, backoff) of a source (cache, mmdb, cymru, ipwhois)."""
        if times:
            with self._lock:
                self._counts[source, result] += times

    def complain(self, text: str, subject: str = "") -> None:
        """Note what is missing or broken, as one printable line; the first text of each subject is kept.

        A text with somebody else's error message in it may be another one each time: give it a subject.
        """
        self._complaint.say(_printable(text), subject)

    def note_failure(self, text: str, source: str) -> None:
        """Note why a source gave no answer; no fault of this host's: many have no way to a whois server."""
        self._failures.say(_printable(text), source)

    def counts(self) -> dict[tuple[str, str], int]:
        """Return {(source, result): times} since the start."""
        with self._lock:
            return dict(self._counts)

    def complaints(self) -> list[str]:
        """Return what was complained about in the order of the first time, each once."""
        return self._complaint.texts()

    def describe_failures(self) -> str:
        """Return why some origins are not known, in one line; "" when all sources answered."""
        reasons = "; ".join(self._failures.texts())
        return f"some addresses have no AS and no country: {reasons}" if reasons else ""


def _printable(text: str) -> str:
    return "".join(filter(str.isprintable, text))[:LENGTH]
