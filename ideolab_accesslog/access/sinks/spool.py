"""The durable sink: one write() to a file per request. kill -9 takes nothing; the thread loads the files."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Callable, Optional

from ideolab_accesslog.access.counts import tally
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks import segment
from ideolab_accesslog.access.sinks.backoff import Backoff
from ideolab_accesslog.access.sinks.load import line, load
from ideolab_accesslog.access.sinks.segment import Segment
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import close_connections

logger = logging.getLogger("ideolab_accesslog")

#: files of dead processes are looked for this often
ORPHANS_S = 30.0
#: a file of this size is closed even while the database is down
SEGMENT_MAX = 8 * 1024 * 1024


class Spool:
    def __init__(self, _wake: Callable[[], None]) -> None:
        self._directory = Path(conf.ACCESSLOG_SPOOL)
        self._most = int(float(conf.ACCESSLOG_SPOOL_MAX_MB) * 1024 * 1024)
        self._backoff = Backoff()
        self._segment: Optional[Segment] = None
        self._full: list[Segment] = []
        self._is_full = False
        self._orphans_at = 0.0
        self._appending = Lock()
        self._loading = Lock()

    def abandon(self) -> None:
        for held in (self._segment, *self._full):
            if held is not None:
                held.release()

    def record(self, row: Row) -> None:
        if self._is_full:
            tally.dropped(1, "the spool is full")
            return
        try:
            text = line(row)
            with self._appending:
                if self._segment is None:
                    self._segment = segment.create(self._directory)
                self._segment.append(text)
        except OSError as error:
            tally.dropped(1, f"the spool cannot be written: {error.strerror or error}")

    def waiting(self) -> int:
        current = self._segment
        return (current.rows if current else 0) + sum(full.rows for full in self._full)

    def flush(self, timeout_s: Optional[float]) -> bool:
        self._is_full = segment.size(self._directory) >= self._most
        if timeout_s is None and not self._backoff.is_due():
            self._rotate(SEGMENT_MAX)
            return False
        self._rotate(1)
        if not self._loading.acquire(timeout=-1 if timeout_s is None else timeout_s):
            return False
        try:
            return self._load()
        finally:
            self._loading.release()

    def _rotate(self, least: int) -> None:
        with self._appending:
            current = self._segment
            if current is not None and current.bytes >= least:
                self._full.append(current)
                self._segment = None

    def _load(self) -> bool:
        try:
            while self._full:
                load(self._full[0].path)
                self._full.pop(0).release()
            self._load_orphans()
        except Exception:
            if self._backoff.failed():
                logger.warning("access log: the database refuses; the spool keeps the rows", exc_info=True)
            close_connections()
            return False
        self._backoff.succeeded()
        return True

    def _load_orphans(self) -> None:
        if monotonic() < self._orphans_at:
            return
        for orphan in segment.orphans(self._directory):
            load(orphan.path)
        self._orphans_at = monotonic() + ORPHANS_S

    def close(self, timeout_s: float) -> None:
        """What is not loaded stays in the directory, for the next process."""
        if timeout_s and self.waiting():
            self.flush(timeout_s)
        if timeout_s:
            self._rotate(0)
            while self._full:
                self._full.pop().release()
