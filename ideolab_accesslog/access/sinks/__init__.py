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
        """In the request: never raises."""

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Store what waits. None: when it is time to; seconds: now, at the end of the process."""

    def count_waiting(self) -> int:
        """Return how many rows are not stored yet."""

    def close(self, timeout_s: float) -> None:
        """The last call; what cannot be kept is counted as dropped."""

    def abandon(self) -> None:
        """After a fork, in the child: touch nothing that the parent uses."""


SINKS: dict[str, Callable[[Callable[[], None]], Sink]] = {
    "queue": QueueSink,
    "spool": SpoolSink,
    "direct": DirectSink,
}


def make_sink(name: str, wake: Callable[[], None]) -> Sink:
    """Return a new sink of this name; a queue where there is no such sink (check E001 says so)."""
    return SINKS.get(name, QueueSink)(wake)
