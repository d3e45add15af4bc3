"""One INSERT in the request itself, for sites without threads; each logged request pays a round trip."""

from __future__ import annotations

import asyncio
import logging
from typing import Callable, Optional

from ideolab_accesslog.access.counts import tally
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks.queue import Queue

logger = logging.getLogger("ideolab_accesslog")


class Direct:
    def __init__(self, wake: Callable[[], None]) -> None:
        # an event loop must not wait for a database: its rows take the queue
        self._queue = Queue(wake)
        self.abandon = self._queue.abandon
        self.waiting = self._queue.waiting
        self.close = self._queue.close

    def record(self, row: Row) -> None:
        if _is_in_event_loop():
            self._queue.record(row)
            return
        try:
            insert([row])
        except Exception as error:
            tally.dropped(1, f"the database refuses: {type(error).__name__}")
            tally.report()

    def flush(self, timeout_s: Optional[float]) -> bool:
        return self._queue.flush(timeout_s)


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
