"""The one thread of a process: it stores what waits and runs the periodic jobs. Started by the first request,
never at import, so that it lives in the worker that serves and not in the master that forked it."""

from __future__ import annotations

import logging
import os
import threading
from time import monotonic
from typing import Callable, Optional

from django.db import close_old_connections, connections

logger = logging.getLogger("ideolab_accesslog")

Job = Callable[[], object]


class Periodic:
    def __init__(self, seconds: float, job: Job) -> None:
        self.seconds = seconds
        self.job = job
        self.due = 0.0


class Background:
    """Turns follow each other every `interval()` seconds, or as soon as `wake` asks for one."""

    def __init__(self, interval: Callable[[], float]) -> None:
        self._interval = interval
        self._each_turn: list[Job] = []
        self._periodic: dict[str, Periodic] = {}
        self._failing: set[str] = set()
        self._forget()
        # the same connection for some seconds even with CONN_MAX_AGE = 0, and none in a process at rest
        self.every(5.0, "close old connections", close_old_connections)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """A forked child has no thread, and its parent's locks may be taken for ever."""
        self._thread: Optional[threading.Thread] = None
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self.is_stopping = False

    def start(self) -> None:
        """Cheap when the thread runs already."""
        if self._thread is None and not self.is_stopping:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="ideolab-accesslog", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # no more threads for this user: what waits is stored at the end of the process
                    logger.exception("no thread for the access log")
                    self.is_stopping = True
                else:
                    self._thread = thread

    def wake(self) -> None:
        self._wake.set()

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Run `job` in the first turn and then every `seconds`; the same name replaces the job."""
        self._periodic[name] = Periodic(seconds, job)

    def at_turn(self, job: Job) -> None:
        if job not in self._each_turn:
            self._each_turn.append(job)

    def turn(self) -> None:
        """Everything that is due, in the calling thread."""
        for name, periodic in list(self._periodic.items()):
            if monotonic() >= periodic.due:
                periodic.due = monotonic() + periodic.seconds
                self._guarded(name, periodic.job)
        self.finish()

    def finish(self) -> None:
        """What each turn does, in the calling thread."""
        for job in list(self._each_turn):
            self._guarded(getattr(job, "__qualname__", repr(job)), job)

    def stop(self, timeout_s: float) -> bool:
        """End the thread after one last turn; False: it still hangs in the database."""
        thread = self._thread
        self.is_stopping = True
        self._wake.set()
        if thread is not None:
            thread.join(timeout_s)
        is_over = thread is None or not thread.is_alive()
        if is_over:
            self._forget()
        return is_over

    def _run(self) -> None:
        try:
            while not self.is_stopping:
                self._wake.clear()
                began = monotonic()
                self.turn()
                if not self.is_stopping:
                    self._wake.wait(max(0.0, began + self._interval() - monotonic()))
            self.finish()
        finally:
            connections.close_all()
            if self._thread is threading.current_thread():
                self._thread = None

    def _guarded(self, name: str, job: Job) -> None:
        try:
            job()
            self._failing.discard(name)
        except Exception:
            if name not in self._failing:
                self._failing.add(name)
                logger.warning("%s failed; it is tried again", name, exc_info=True)
            close_connections()


def close_connections() -> None:
    """After an error a connection may be half dead; the next use opens another."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
