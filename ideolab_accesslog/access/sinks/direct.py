"""One INSERT in the request itself, for sites without threads; each logged request pays a round trip."""

from __future__ import annotations

import asyncio
from typing import Callable, Optional

from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks.queue import QueueSink


class DirectSink:
    """Stores a row before the request is answered."""

    def __init__(self, wake: Callable[[], None]) -> None:
        # an event loop must not wait for a database: its rows take the queue
        self._queue = QueueSink(wake)
        self.abandon = self._queue.abandon
        self.count_waiting = self._queue.count_waiting
        self.close = self._queue.close
        self._is_refused = False

    def record(self, row: Row) -> None:
        """Store the row; a row that the database refuses is counted as dropped."""
        if _is_in_event_loop():
            self._queue.record(row)
            return
        try:
            insert([row])
            self._is_refused = False
        except Exception as error:
            self._is_refused = True
            row_counter.add_dropped_rows(1, f"the database refuses: {type(error).__name__}")
            row_counter.report()

    def is_failing(self) -> bool:
        """Return whether the database refused the newest rows."""
        return self._is_refused or self._queue.is_failing()

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Store the rows that came from event loops."""
        return self._queue.flush(timeout_s)


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
