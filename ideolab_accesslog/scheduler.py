"""The one thread of a process; other modules register the jobs that it runs.

The first request starts the thread, no import does: so it lives in the worker that serves and not in the
master that forked it. It never runs beside a site's tests, nor when everything is switched off.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Callable, Optional

from django.db import close_old_connections, connections

from ideolab_accesslog.conf import conf

logger = logging.getLogger("ideolab_accesslog")

Job = Callable[[], object]


@dataclass
class PeriodicJob:
    """A job that is due every `seconds`; `due` is on the clock of time.monotonic."""

    seconds: float
    job: Job
    due: float = 0.0


def runs_tests() -> bool:
    """Return whether this process runs a site's tests: then nothing is stored, written, asked or banned."""
    value = conf.ACCESSLOG_TESTING
    return bool(value) if value in (True, False) else has_test_runner()


def has_test_runner() -> bool:
    """Return whether Django's test runner, pytest-django or another one works in this process."""
    # pytest-django sets up its environment after it has collected
    return has_test_environment() or "pytest_django" in sys.modules


def has_test_environment() -> bool:
    """Return whether setup_test_environment() was called, as every runner does before the first test."""
    state = getattr(sys.modules.get("django.test.utils"), "_TestState", None)
    return hasattr(state, "saved_data")


def is_off_by_mistake() -> bool:
    """Return whether tests are said to run where no runner works: ACCESSLOG_TESTING, or a stray import."""
    return runs_tests() and not has_test_environment()


class Scheduler:
    """A thread with one turn every `interval()` seconds, or as soon as `wake` asks for one."""

    def __init__(self, interval: Callable[[], float]) -> None:
        self._interval = interval
        self._each_turn: list[Job] = []
        self._last: list[Job] = []
        self._periodic: dict[str, PeriodicJob] = {}
        self._failing: set[str] = set()
        #: a test keeps what its requests tell, and stores it itself
        self.is_held = False
        self._is_warned = False
        self._begin_anew()
        # the same connection for some seconds even with CONN_MAX_AGE = 0, and none in a process at rest
        self.add_periodic_job(5.0, "close old connections", close_old_connections)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        """Forget the thread: a forked child has none, and its parent's locks may be taken for ever."""
        self.thread: Optional[threading.Thread] = None
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self.is_stopping = False

    def start(self) -> None:
        """Start the thread; cheap when it runs already, for each request calls it."""
        if self.thread is not None or self.is_stopping:
            return
        if self.is_wanted():
            self._start()
        elif not self._is_warned and not self.is_held and is_off_by_mistake():
            self._is_warned = True
            logger.warning(
                "a request is answered, and nothing is stored, written or banned: ACCESSLOG_TESTING is %r, "
                "and pytest_django is %simported",
                conf.ACCESSLOG_TESTING, "" if "pytest_django" in sys.modules else "not ",
            )  # fmt: skip

    def is_wanted(self) -> bool:
        """Return whether the thread may run: not beside tests, nor when everything is switched off."""
        return (conf.ACCESSLOG_ENABLED or conf.TRASHIP_ENABLED) and not self.is_held and not runs_tests()

    def keeps(self) -> bool:
        """Return whether what a request tells is kept, for the thread or for a test that asked for it."""
        return self.thread is not None or self.is_held or not runs_tests()

    def _start(self) -> None:
        with self._starting:
            if self.thread is None:
                thread = threading.Thread(target=self._run, name="ideolab-accesslog", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    # no more threads for this user: what waits is stored at the end of the process
                    logger.exception("no thread for the access log")
                    self.is_stopping = True
                else:
                    self.thread = thread

    def wake(self) -> None:
        """Have the next turn begin now."""
        self._wake.set()

    def add_periodic_job(self, seconds: float, name: str, job: Job) -> None:
        """Run `job` in the first turn and then every `seconds`; the same name replaces the job."""
        self._periodic[name] = PeriodicJob(seconds, job)

    def add_job(self, job: Job, *, is_last: bool = False) -> None:
        """Run `job` in every turn, the last one of a process too; the same job is run once.

        `is_last`: after all others, for it counts what they have done.
        """
        jobs = self._last if is_last else self._each_turn
        if job not in jobs:
            jobs.append(job)

    def run_turn(self) -> None:
        """Run everything that is due, in the calling thread."""
        for name, periodic in list(self._periodic.items()):
            if monotonic() >= periodic.due:
                periodic.due = monotonic() + periodic.seconds
                self._run_job(name, periodic.job)
        self.run_jobs()

    def run_jobs(self) -> None:
        """Run the jobs of each turn, in the calling thread."""
        for job in (*self._each_turn, *self._last):
            self._run_job(getattr(job, "__qualname__", repr(job)), job)

    def stop(self, timeout_s: float) -> bool:
        """End the thread after one last turn; False: it still hangs in the database."""
        thread = self.thread
        self.is_stopping = True
        self._wake.set()
        if thread is not None:
            thread.join(timeout_s)
        is_over = thread is None or not thread.is_alive()
        if is_over:
            self._begin_anew()
        return is_over

    def _run(self) -> None:
        try:
            while not self.is_stopping and not runs_tests():
                self._wake.clear()
                began = monotonic()
                self.run_turn()
                if not self.is_stopping:
                    self._wake.wait(max(0.0, began + self._interval() - monotonic()))
            # a test runner has put its own database in the place of the site's
            if not runs_tests():
                self.run_jobs()
        finally:
            connections.close_all()
            if self.thread is threading.current_thread():
                self.thread = None

    def _run_job(self, name: str, job: Job) -> None:
        try:
            job()
            self._failing.discard(name)
        except Exception:
            if name not in self._failing:
                self._failing.add(name)
                logger.warning("%s failed; it is tried again", name, exc_info=True)
            close_connections()
        give_back_connections()


def close_connections() -> None:
    """Close all connections after an error: one may be half dead; the next use opens another."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def give_back_connections() -> None:
    """Return what the thread took from a pool: a request may wait for it. Other connections stay open."""
    for connection in connections.all(initialized_only=True):
        if _is_pooled(connection.settings_dict) and not connection.in_atomic_block:
            connection.close()


def _is_pooled(settings: Mapping[str, Any]) -> bool:
    """Return whether a connection comes from a pool: psycopg's, or that of another backend."""
    return bool(settings.get("OPTIONS", {}).get("pool")) or "pool" in settings["ENGINE"]


# 0.9: what kill -9 takes is the last turn's rows and the write of them, together FLUSH_S
scheduler = Scheduler(lambda: float(conf.ACCESSLOG_FLUSH_S) * 0.9)
