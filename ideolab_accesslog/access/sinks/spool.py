"""The durable sink: one write() to a file per request. kill -9 takes nothing; the thread loads the files."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Callable, Optional

from django.db import Error as DatabaseFault

from ideolab_accesslog.access.copy_line import format_row
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.printable import describe_error
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks import spool_file
from ideolab_accesslog.access.sinks.retry import Retry
from ideolab_accesslog.access.sinks.spool_file import SpoolFile
from ideolab_accesslog.access.sinks.spool_load import load
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import close_connections, give_back_connections

logger = logging.getLogger("ideolab_accesslog")

#: files of dead processes are looked for this often
ORPHANS_S = 30.0
#: a file of this size is closed even while the database is down
FILE_MAX = 8 * 1024 * 1024


class SpoolSink:
    """Appends rows to a file of this process; the thread closes the file and loads it."""

    def __init__(self, _wake: Callable[[], None]) -> None:
        self._directory = Path(conf.ACCESSLOG_SPOOL)
        self._most = int(float(conf.ACCESSLOG_SPOOL_MAX_MB) * 1024 * 1024)
        self._retry = Retry()
        self._current: Optional[SpoolFile] = None
        self._full: list[SpoolFile] = []
        self._is_full = False
        self._orphans_at = 0.0
        self._appending = Lock()
        self._loading = Lock()

    def abandon(self) -> None:
        """Close the parent's files, which the parent still holds."""
        for held in (self._current, *self._full):
            if held is not None:
                held.release()

    def is_failing(self) -> bool:
        """Return whether the database refused the newest rows."""
        return self._retry.is_failing

    def record(self, row: Row) -> None:
        """Append the row; where that fails, it is counted as dropped."""
        if self._is_full:
            row_counter.add_dropped_rows(1, "the spool is full")
            return
        try:
            text = format_row(row)
            with self._appending:
                if self._current is None:
                    self._current = spool_file.create(self._directory)
                self._current.append(text)
        except OSError as error:
            row_counter.add_dropped_rows(1, f"the spool cannot be written: {error.strerror or error}")

    def count_waiting(self) -> int:
        """Return how many rows of this process are in files."""
        current = self._current
        return (current.rows if current else 0) + sum(full.rows for full in self._full)

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Load the files; False: the database refused, or it is too early to ask it again."""
        self._is_full = spool_file.size(self._directory) >= self._most
        if timeout_s is None and not self._retry.is_due():
            self._rotate(FILE_MAX)
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
            current = self._current
            if current is not None and current.bytes >= least:
                self._full.append(current)
                self._current = None

    def _load(self) -> bool:
        try:
            while self._full:
                load(self._full[0].path)
                self._full.pop(0).release()
                give_back_connections()
            self._load_orphans()
        except Exception as error:
            if self._retry.note_failure():
                # not of the database's: its text may have a row, as a client sent it
                with_traceback = not isinstance(error, DatabaseFault)
                text = "access log: the database refuses; the spool keeps the rows: %s"
                logger.warning(text, describe_error(error), exc_info=with_traceback)
            close_connections()
            return False
        self._retry.note_success()
        return True

    def _load_orphans(self) -> None:
        if monotonic() < self._orphans_at:
            return
        for orphan in spool_file.orphans(self._directory):
            load(orphan.path)
        self._orphans_at = monotonic() + ORPHANS_S

    def close(self, timeout_s: float) -> None:
        """Load what waits within `timeout_s`; the rest stays in the directory for the next process."""
        if timeout_s and self.count_waiting():
            self.flush(timeout_s)
        if timeout_s:
            self._rotate(0)
            while self._full:
                self._full.pop().release()
