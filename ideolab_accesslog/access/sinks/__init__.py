"""Where rows go between the request and the database: ACCESSLOG_SINK names one of these."""

from __future__ import annotations

from typing import Callable, Optional, Protocol

from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks.direct import Direct
from ideolab_accesslog.access.sinks.queue import Queue
from ideolab_accesslog.access.sinks.spool import Spool


class Sink(Protocol):
    def record(self, row: Row) -> None:
        """In the request: never raises."""

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Store what waits. None: when it is time to; seconds: now, at the end of the process."""

    def waiting(self) -> int: ...

    def close(self, timeout_s: float) -> None:
        """The last call; what cannot be kept is counted as dropped."""

    def abandon(self) -> None:
        """After a fork, in the child: touch nothing that the parent uses."""


SINKS: dict[str, Callable[[Callable[[], None]], Sink]] = {"queue": Queue, "spool": Spool, "direct": Direct}


def chosen(name: str, wake: Callable[[], None]) -> Sink:
    """The sink of this name; the queue where there is none such (check E says so)."""
    return SINKS.get(name, Queue)(wake)
