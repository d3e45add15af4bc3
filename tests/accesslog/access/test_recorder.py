"""The recorder: a thread that lives in the process that serves."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections
from django.test import override_settings

from ideolab_accesslog.access import recorder
from ideolab_accesslog.models import AccessLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def thread_is_alive() -> bool:
    return any(thread.name == "ideolab-accesslog" for thread in threading.enumerate())


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_rows_are_stored_without_being_asked(database: str, writer_thread: None) -> None:
    """By a thread of its own, with a connection of its own."""
    for _ in range(3):
        recorder.record(row())
    wait_until(lambda: recorder.counts()["waiting"] == 0 and recorder.counts()["written"] == 3)

    assert AccessLog.objects.count() == 3


def test_nothing_runs_before_the_first_request(database: str, writer_thread: None) -> None:
    """A master that forks, a command and a check have no thread."""
    assert not thread_is_alive()
    recorder.start()
    assert thread_is_alive()
    recorder.stop()
    assert not thread_is_alive()


def test_threads_of_a_server_lose_nothing(database: str, writer_thread: None) -> None:
    """Many at once, with batches on the way."""

    def serve() -> None:
        for _ in range(500):
            recorder.record(row())

    with override_settings(ACCESSLOG_BATCH=50):
        threads = [threading.Thread(target=serve) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        recorder.stop()

    assert AccessLog.objects.count() == 4000


def test_a_child_has_its_own_thread_and_not_its_parent_s_rows(
    database: str, writer_thread: None, tmp_path: Path
) -> None:
    """gunicorn --preload, and every server that forks."""
    with override_settings(ACCESSLOG_FLUSH_S=60.0):
        recorder.record(row(path="/parent"))
        connections.close_all()
        child = os.fork()
        if child == 0:
            try:
                recorder.record(row(path="/child"))
                recorder.stop()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert list(AccessLog.objects.values_list("path", flat=True)) == ["/child"]
        recorder.stop()

    assert sorted(AccessLog.objects.values_list("path", flat=True)) == ["/child", "/parent"]


def test_jobs_run_in_the_thread(database: str, writer_thread: None) -> None:
    """Each in its time; one that fails stops no other and is said once."""
    ran: list[str] = []

    def fail() -> None:
        ran.append("failed")
        raise OSError("no")

    before = dict(recorder._background._periodic), list(recorder._background._each_turn)
    try:
        recorder.every(0.01, "often", lambda: ran.append("often"))
        recorder.every(600.0, "rarely", lambda: ran.append("rarely"))
        recorder.every(0.01, "failing", fail)
        recorder.at_flush(note := lambda: ran.append("flush"))
        recorder.at_flush(note)
        with override_settings(ACCESSLOG_FLUSH_S=0.02):
            recorder.start()
            wait_until(lambda: ran.count("often") >= 3 and ran.count("failed") >= 3 and "flush" in ran)
            recorder.stop()
    finally:
        recorder._background._periodic, recorder._background._each_turn = before

    assert ran.count("rarely") == 1


def test_a_job_that_fails_is_said_once_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    """Not every three seconds."""
    from ideolab_accesslog.access.scheduler import Background

    is_broken = [True]

    def job() -> None:
        if is_broken[0]:
            raise OSError("no")

    background = Background(lambda: 1.0)
    # another test's connection may be open, and this one may not touch it
    background._periodic.clear()
    background.every(0.0, "job", job)
    for state in (True, True, False, True):
        is_broken[0] = state
        background.turn()

    assert caplog.messages == ["job failed; it is tried again"] * 2


def test_a_process_that_may_have_no_thread_stores_at_its_end(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The request is answered all the same."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.undo()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        recorder.record(row())
        recorder.record(row())
        assert caplog.messages == ["no thread for the access log"]
        recorder.stop()

    assert AccessLog.objects.count() == 2


def test_another_sink_in_the_settings_is_taken_at_once(database: str) -> None:
    """And the rows of the one before are stored."""
    recorder.record(row())
    with override_settings(ACCESSLOG_SINK="direct"):
        assert AccessLog.objects.count() == 1
        recorder.record(row())

    assert AccessLog.objects.count() == 2


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
