"""Counts the rows that this process has written and dropped; warns once of dropped ones."""

from __future__ import annotations

import logging
from threading import Lock

from ideolab_accesslog.signals import dropped as dropped_signal

logger = logging.getLogger("ideolab_accesslog")


class RowCounter:
    """Rows of this process; used by requests and by the thread."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin at nothing, with a lock of its own: a forked child may find the old one taken."""
        self._lock = Lock()
        self._written = 0
        self._dropped = 0
        self._unreported: dict[str, int] = {}
        self._is_warned = False

    def add_written_rows(self, count: int) -> None:
        """Count rows that are stored; the next dropped row is news again."""
        with self._lock:
            self._written += count
            self._is_warned = False

    def add_dropped_rows(self, count: int, why: str) -> None:
        """Count rows that are lost; signal and warning wait for `report`, so that a request pays little."""
        with self._lock:
            self._dropped += count
            self._unreported[why] = self._unreported.get(why, 0) + count

    def add_counts_of(self, other: RowCounter) -> None:
        """Count what another counter has counted: of a transaction that is committed now."""
        with self._lock:
            self._written += other._written
            self._dropped += other._dropped
            for why, count in other._unreported.items():
                self._unreported[why] = self._unreported.get(why, 0) + count
            self._is_warned = self._is_warned and not other._written

    def report(self) -> None:
        """Signal what was dropped since the last report, with one warning until rows are written again."""
        with self._lock:
            unreported, self._unreported = self._unreported, {}
            is_news = bool(unreported) and not self._is_warned
            self._is_warned = self._is_warned or is_news
        for why, count in unreported.items():
            if is_news:
                logger.warning("access log: %d rows dropped (%s); the rest is only counted", count, why)
            dropped_signal.send_robust(sender=RowCounter, count=count, why=why)

    def read(self) -> dict[str, int]:
        """Return the rows by result, `written` and `dropped`."""
        return {"written": self._written, "dropped": self._dropped}


row_counter = RowCounter()
