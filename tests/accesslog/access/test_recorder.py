"""The recorder: a thread that lives in the process that serves."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from django.db import connections
from django.test import override_settings

from demo.lab.wait import wait_until
from ideolab_accesslog.access import recorder
from ideolab_accesslog.models import AccessLog
from ideolab_accesslog.scheduler import scheduler
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_rows_are_stored_without_being_asked(database: str, writer_thread: None) -> None:
    """By a thread of its own, with a connection of its own."""
    for _ in range(3):
        recorder.record(row())
    wait_until(
        lambda: recorder.counts()["waiting"] == 0 and recorder.counts()["written"] == 3,
        lambda: f"the recorder has written {recorder.counts()}",
    )

    assert AccessLog.objects.count() == 3


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


def end_first_turn() -> None:
    """Start the thread and return when its first turn is over.

    The last job of it: a process that is forked while a thread is inside SQLite may find its locks taken.
    """
    is_over = threading.Event()
    scheduler.add_job(is_over.set, is_last=True)
    try:
        scheduler.start()
        assert is_over.wait(120)
    finally:
        scheduler._last.remove(is_over.set)


def test_a_child_has_its_own_thread_and_not_its_parent_s_rows(
    database: str, writer_thread: None, tmp_path: Path
) -> None:
    """gunicorn --preload, and every server that forks."""
    with override_settings(ACCESSLOG_FLUSH_S=60.0):
        # the thread's first turn would store the row; the second comes when all is over
        end_first_turn()
        recorder.record(row(path="/parent"))
        connections.close_all()
        child = os.fork()
        if child == 0:
            try:
                recorder.record(row(path="/child"))
                recorder.stop(120.0)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert list(AccessLog.objects.values_list("path", flat=True)) == ["/child"]
        recorder.stop(120.0)

    assert sorted(AccessLog.objects.values_list("path", flat=True)) == ["/child", "/parent"]


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
