"""How many rows were written and dropped in this process; what is dropped is said once and signalled."""

from __future__ import annotations

import logging
from threading import Lock

from ideolab_accesslog.signals import dropped as dropped_signal

logger = logging.getLogger("ideolab_accesslog")


class Tally:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._lock = Lock()
        self._written = 0
        self._dropped = 0
        self._unreported: dict[str, int] = {}
        self._is_warned = False

    def written(self, count: int) -> None:
        with self._lock:
            self._written += count
            self._is_warned = False

    def dropped(self, count: int, why: str) -> None:
        """Cheap; the signal and the warning wait for `report`."""
        with self._lock:
            self._dropped += count
            self._unreported[why] = self._unreported.get(why, 0) + count

    def report(self) -> None:
        """Tell of what was dropped since the last report; one warning until rows are written again."""
        with self._lock:
            unreported, self._unreported = self._unreported, {}
            is_news = bool(unreported) and not self._is_warned
            self._is_warned = self._is_warned or is_news
        for why, count in unreported.items():
            if is_news:
                logger.warning("access log: %d rows dropped (%s); the rest is only counted", count, why)
            dropped_signal.send_robust(sender=Tally, count=count, why=why)

    def counts(self) -> dict[str, int]:
        return {"written": self._written, "dropped": self._dropped}


tally = Tally()
