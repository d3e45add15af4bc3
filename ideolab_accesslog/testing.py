"""For the tests of a site: keeps what requests tell, and stores it where the test can see it.

Beside tests the app stores nothing by itself (ACCESSLOG_TESTING). No thread runs here either: the test's own
thread stores, with the test's connection and in its transaction.
"""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Optional

from asgiref.sync import sync_to_async

from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks import Sink
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.traship import banned, gate
from ideolab_accesslog.traship.crawlers.held import HeldOffences
from ideolab_accesslog.traship.crawlers.verifier import Verifier
from ideolab_accesslog.traship.judge import OffenceJudge
from ideolab_accesslog.traship.window import Window


class _KeptRows:
    """A sink that only keeps; the requests may be those of a live server's threads."""

    def __init__(self) -> None:
        self._rows: deque[Row] = deque()
        self.record = self._rows.append
        self.abandon = self._rows.clear

    def take(self) -> list[Row]:
        """Take all rows so far."""
        return [self._rows.popleft() for _ in range(len(self._rows))]

    def flush(self, timeout_s: Optional[float]) -> bool:
        """Store nothing; the test does."""
        return True

    def is_failing(self) -> bool:
        """Return False: no database is asked."""
        return False

    def count_waiting(self) -> int:
        """Return how many rows the test has not stored."""
        return len(self._rows)

    def close(self, timeout_s: float) -> None:
        """Drop the rows."""
        self.abandon()


class _NoLookups(Verifier):
    """Asks no resolver: a client that says to be a crawler is one only by its network."""

    def recall(self, address: str) -> Optional[str]:
        """Return no name for any address."""
        return ""


class _KeptOffences(gate.PendingOffences):
    """Offences that are counted here alone, without the site's cache."""

    def forget(self) -> None:
        """Start at nothing."""
        super().forget()
        self._held = HeldOffences(_no_lookups)
        self.judge = OffenceJudge(Window(is_shared=False))


# one of each: what listens to forks is never let go
_no_lookups = _NoLookups()
_offences = _KeptOffences()


class RecordedRequests:
    """What requests tell while a `with` block is open; its end stores it, and so does `store`."""

    def __init__(self) -> None:
        self._rows = _KeptRows()
        self._former_sink: Optional[Sink] = None
        self._former_offences: Optional[gate.PendingOffences] = None

    def store(self) -> None:
        """Do a turn of the thread's work here: write rows and offences, send signals, read the bans.

        An error of the database is raised, other than in the thread.
        """
        rows = self._rows.take()
        if rows:
            insert(rows)
        _offences.drain(is_last=True)
        banned.forget()
        banned.refresh()

    async def astore(self) -> None:
        """Do the same from an asynchronous test."""
        await sync_to_async(self.store)()

    def __enter__(self) -> RecordedRequests:
        if scheduler.is_held:
            raise RuntimeError("record_requests() is open already; use the one that is")
        recorder.stop()
        _offences.forget()
        scheduler.is_held = True
        self._former_sink = recorder.divert(self._rows)
        self._former_offences = gate.divert(_offences)
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            if kind is None:
                self.store()
        finally:
            self._end()

    async def __aenter__(self) -> RecordedRequests:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            if kind is None:
                await self.astore()
        finally:
            self._end()

    def _end(self) -> None:
        recorder.divert(self._former_sink)
        if self._former_offences is not None:
            gate.divert(self._former_offences)
        scheduler.is_held = False
        banned.forget()


def record_requests() -> RecordedRequests:
    """Return a context for `with` or `async with` in a test: what its requests tell is stored at its end."""
    return RecordedRequests()
