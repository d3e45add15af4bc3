"""Where rows go between the request and the database: ACCESSLOG_SINK names one of these."""

from __future__ import annotations

from typing import Callable, Optional, Protocol

from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks.direct import DirectSink
from ideolab_accesslog.access.sinks.queue import QueueSink
from ideolab_accesslog.access.sinks.spool import SpoolSink


class Sink(Protocol):
    """Takes rows in requests and stores them in the thread."""

    def record(self, row: Row) -> None:
        """Take one row in the request; never raises."""

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Store the waiting rows: with None when it is time to, with seconds at once, as the process ends."""

    def count_waiting(self) -> int:
        """Return how many rows are not stored yet."""

    def is_failing(self) -> bool:
        """Return whether the database refused the newest rows."""

    def close(self, timeout_s: float) -> None:
        """End the use of this sink; rows that cannot be kept are counted as dropped."""

    def abandon(self) -> None:
        """Start empty in a forked child, and touch nothing that the parent uses."""


SINKS: dict[str, Callable[[Callable[[], None]], Sink]] = {
    "queue": QueueSink,
    "spool": SpoolSink,
    "direct": DirectSink,
}


def make_sink(name: str, wake: Callable[[], None]) -> Sink:
    """Return a new sink of this name; a queue where there is no such sink (check E001 says so)."""
    return SINKS.get(name, QueueSink)(wake)
