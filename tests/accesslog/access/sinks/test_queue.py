"""The queue: bounded, patient, and honest about what it dropped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import override_settings

from ideolab_accesslog import signals
from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.sinks import queue
from ideolab_accesslog.access.sinks.queue import QueueSink
from ideolab_accesslog.models import AccessLog
from tests.accesslog.rows import row


class Database:
    """Stands in for insert(): refuses while it is down."""

    def __init__(self) -> None:
        self.is_down = False
        self.batches: list[int] = []

    def insert(self, rows: list[Any]) -> int:
        if self.is_down:
            raise OperationalError("the server is gone")
        self.batches.append(len(rows))
        row_counter.add_written_rows(len(rows))
        return len(rows)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(queue, "insert", database.insert)
    return database


def filled(rows: int) -> tuple[QueueSink, list[str]]:
    woken: list[str] = []
    sink = QueueSink(lambda: woken.append("woken"))
    for _ in range(rows):
        sink.record(row())
    return sink, woken


@override_settings(ACCESSLOG_BATCH=10)
def test_rows_go_in_batches_and_a_full_one_wakes_the_thread(server: Database) -> None:
    """Once, not for every row after it."""
    sink, woken = filled(25)

    assert sink.flush(None)
    assert (server.batches, woken) == ([10, 10, 5], ["woken"])


@override_settings(ACCESSLOG_QUEUE_MAX=20, ACCESSLOG_BATCH=8)
def test_an_outage_keeps_rows_up_to_the_bound(server: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What is too much is counted, signalled and said once; the rest is stored when the database is back."""
    heard: list[tuple[int, str]] = []

    def listen(count: int, why: str, **_others: Any) -> None:
        heard.append((count, why))

    signals.dropped.connect(listen)
    server.is_down = True
    sink, _ = filled(15)
    assert not sink.flush(5.0)
    for _ in range(10):
        sink.record(row())
    assert not sink.flush(5.0)
    row_counter.report()
    sink.record(row())
    row_counter.report()
    server.is_down = False

    assert sink.count_waiting() == 20
    assert sink.flush(5.0)
    assert row_counter.read() == {"written": 20, "dropped": 6}
    assert heard == [(5, "the queue is full"), (1, "the queue is full")]
    assert caplog.messages == [
        "access log: the database refuses; rows wait: the server is gone",
        "access log: 5 rows dropped (the queue is full); the rest is only counted",
    ]


def test_the_thread_does_not_hammer_a_database_that_is_down(server: Database) -> None:
    """After a failure a turn waits; the end of the process does not."""
    server.is_down = True
    sink, _ = filled(1)
    sink.flush(None)
    server.is_down = False

    assert not sink.flush(None)
    assert sink.flush(1.0)


def test_the_end_of_a_process_counts_what_it_could_not_store(server: Database) -> None:
    """Nothing vanishes unseen."""
    server.is_down = True
    sink, _ = filled(3)
    sink.close(1.0)

    assert (sink.count_waiting(), row_counter.read()["dropped"]) == (0, 3)


def test_a_flush_that_finds_another_at_work_gives_up_in_time(server: Database) -> None:
    """The end of a process waits no longer than it said."""
    sink, _ = filled(1)
    with sink._writing:
        assert not sink.flush(0.01)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_restart_of_postgresql_loses_nothing(database: str, postgres: Any) -> None:
    """Neither the rows of the broken connection nor those that came while it was down."""
    recorder.record(row())
    assert recorder.flush()
    postgres.stop()
    try:
        for _ in range(50):
            recorder.record(row())
        assert not recorder.flush()
    finally:
        postgres.start()
    recorder.record(row())

    assert recorder.flush()
    assert AccessLog.objects.count() == 52
    assert recorder.counts() == {"waiting": 0, "written": 52, "dropped": 0}
