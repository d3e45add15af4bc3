"""What one action did, counted; two threads of fail2ban can be in it at once."""

from __future__ import annotations

import threading

NAMES = ("bans", "restored", "prolonged", "unbans", "refused", "full", "errors")


class Tally:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(NAMES, 0)
        self.last_error = ""

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self._counts[name] += count

    def error(self, error: BaseException) -> None:
        self.add("errors")
        self.last_error = f"{type(error).__name__}: {error}"[:500]

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)
