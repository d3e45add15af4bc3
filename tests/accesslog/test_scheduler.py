"""The thread of a process, and the jobs that it runs."""

from __future__ import annotations

import threading

import pytest
from django.db import connections
from django.test import override_settings

from demo.lab.wait import wait_until
from ideolab_accesslog.access import recorder
from ideolab_accesslog.scheduler import Scheduler, scheduler
from tests.accesslog.rows import row


def thread_is_alive() -> bool:
    return any(thread.name == "ideolab-accesslog" for thread in threading.enumerate())


def test_nothing_runs_before_the_first_request(database: str, writer_thread: None) -> None:
    """A master that forks, a command and a check have no thread."""
    assert not thread_is_alive()
    scheduler.start()
    assert thread_is_alive()
    recorder.stop()
    assert not thread_is_alive()


def test_jobs_run_in_the_thread(database: str, writer_thread: None) -> None:
    """Each in its time; one that fails stops no other and is said once."""
    ran: list[str] = []

    def fail() -> None:
        ran.append("failed")
        raise OSError("no")

    before = dict(scheduler._periodic), list(scheduler._each_turn)
    try:
        scheduler.add_periodic_job(0.01, "often", lambda: ran.append("often"))
        scheduler.add_periodic_job(600.0, "rarely", lambda: ran.append("rarely"))
        scheduler.add_periodic_job(0.01, "failing", fail)
        scheduler.add_job(note := lambda: ran.append("flush"))
        scheduler.add_job(note)
        with override_settings(ACCESSLOG_FLUSH_S=0.02):
            scheduler.start()
            wait_until(
                lambda: ran.count("often") >= 3 and ran.count("failed") >= 3 and "flush" in ran,
                lambda: f"these jobs ran: {ran}",
            )
            recorder.stop()
    finally:
        scheduler._periodic, scheduler._each_turn = before

    assert ran.count("rarely") == 1


def test_a_job_that_fails_is_said_once_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    """Not every three seconds."""
    is_broken = [True]

    def job() -> None:
        if is_broken[0]:
            raise OSError("no")

    one = Scheduler(lambda: 1.0)
    # another test's connection may be open, and this one may not touch it
    one._periodic.clear()
    one.add_periodic_job(0.0, "job", job)
    for state in (True, True, False, True):
        is_broken[0] = state
        one.run_turn()

    assert caplog.messages == ["job failed; it is tried again"] * 2


def test_the_thread_keeps_no_connection_when_it_ends(
    database: str, writer_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database server counts them."""
    closed: list[str] = []
    real = connections.close_all

    def close_all() -> None:
        closed.append(threading.current_thread().name)
        real()

    monkeypatch.setattr(connections, "close_all", close_all)
    recorder.record(row())
    recorder.stop()

    assert closed == ["ideolab-accesslog"]
