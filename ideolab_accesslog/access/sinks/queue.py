"""The default sink: a bounded queue in memory. kill -9 takes its last ACCESSLOG_FLUSH_S."""

from __future__ import annotations

import logging
from collections import deque
from threading import Lock
from typing import Callable, Optional

from django.db import Error as DatabaseFault

from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.access.printable import describe_error
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks.retry import Retry
from ideolab_accesslog.conf import conf
from ideolab_accesslog.scheduler import close_connections, give_back_connections

logger = logging.getLogger("ideolab_accesslog")


class QueueSink:
    """Keeps rows in memory until the thread stores them in batches."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._most = int(conf.ACCESSLOG_QUEUE_MAX)
        self._batch = max(1, int(conf.ACCESSLOG_BATCH))
        self._retry = Retry()
        self.abandon()

    def is_failing(self) -> bool:
        """Return whether the database refused the newest rows."""
        return self._retry.is_failing

    def abandon(self) -> None:
        """Forget the rows, which are the parent's, and its lock."""
        self._rows: deque[Row] = deque()
        # the batch that the database has not confirmed yet
        self._held: list[Row] = []
        self._writing = Lock()

    def record(self, row: Row) -> None:
        """Keep the row, and wake the thread once a batch is full."""
        rows = self._rows
        if len(rows) + len(self._held) >= self._most:
            row_counter.add_dropped_rows(1, "the queue is full")
            return
        rows.append(row)
        if len(rows) == self._batch:
            self._wake()

    def count_waiting(self) -> int:
        """Return how many rows the database has not confirmed."""
        return len(self._rows) + len(self._held)

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Store what waits now; False: the database refused, or it is too early to ask it again."""
        if timeout_s is None and not self._retry.is_due():
            return False
        if not self._writing.acquire(timeout=-1 if timeout_s is None else timeout_s):
            return False
        try:
            return self._store()
        finally:
            self._writing.release()

    def _store(self) -> bool:
        # what arrives meanwhile waits for the next turn: a busy site would get batches of two or three rows
        due = self.count_waiting()
        while due > 0:
            self._held = self._held or self._take()
            try:
                insert(self._held)
            except Exception as error:
                if self._retry.note_failure():
                    # not of the database's: its text may have a row, as a client sent it
                    with_traceback = not isinstance(error, DatabaseFault)
                    said = describe_error(error)
                    logger.warning(
                        "access log: the database refuses; rows wait: %s", said, exc_info=with_traceback
                    )
                close_connections()
                return False
            give_back_connections()
            due -= len(self._held)
            self._held = []
            self._retry.note_success()
        return True

    def _take(self) -> list[Row]:
        return [self._rows.popleft() for _ in range(min(self._batch, len(self._rows)))]

    def close(self, timeout_s: float) -> None:
        """Store what waits within `timeout_s`; the rest is counted as dropped."""
        if self.count_waiting() and timeout_s:
            self.flush(timeout_s)
        if self.count_waiting():
            row_counter.add_dropped_rows(self.count_waiting(), "the process ended while the database refused")
            self.abandon()
