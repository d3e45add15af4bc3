"""What the look-ups came to, for metrics, and what is missing or broken, for a log. Thread-safe."""

from __future__ import annotations

import threading
from collections import Counter

#: different complaints that are kept: their texts may hold an error message of somebody else
_MOST = 50


class Tally:
    """One for a Lookup and all that it asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._complaints: dict[str, None] = {}

    def count(self, source: str, result: str, times: int = 1) -> None:
        """source: cache, mmdb, cymru, ipwhois; result: hit, miss, negative, error, backoff."""
        if times:
            with self._lock:
                self._counts[source, result] += times

    def complain(self, text: str) -> None:
        with self._lock:
            if len(self._complaints) < _MOST:
                self._complaints["".join(filter(str.isprintable, text))[:300]] = None

    def counts(self) -> dict[tuple[str, str], int]:
        with self._lock:
            return dict(self._counts)

    def complaints(self) -> list[str]:
        """In the order of their first time, each once."""
        with self._lock:
            return list(self._complaints)
