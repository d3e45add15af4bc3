"""The loop of --follow: it stores at once, waits out what is away, and ends when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.db import OperationalError, connection

from demo.lab.wait import wait_until
from ideolab_accesslog.events.file.watch import FileWatch
from ideolab_accesslog.events.follow import Follower
from ideolab_accesslog.events.store import ImportCounts
from ideolab_accesslog.models import ConnmonEvent
from ideolab_f2b.notify import Notifier
from tests.accesslog.events.event_lines import EventsFile
from tests.lab.postgres import Postgres

#: seconds until a busy machine has done it
PATIENCE_S = 120


@contextmanager
def follow(events: EventsFile, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own; it is killed where the test has not ended it."""
    words = ["-m", "django", "import_connmon_events", "--follow", "--file", str(events.path)]
    words += ["--reject-file", str(events.rejects.path), "--settings", "tests.accesslog.settings"]
    process = subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_rows(count: int) -> None:
    wait_until(lambda: ConnmonEvent.objects.count() == count, "the events are stored", timeout_s=PATIENCE_S)


def test_events_are_stored_while_it_follows(database: str, tmp_path: Path) -> None:
    """Those that are there, those that come, and those behind a rotation; SIGTERM ends it with its sums."""
    events = EventsFile(tmp_path)
    events.add("a")
    name = str(connection.settings_dict["NAME"])
    with follow(events, {"DJANGO_DB": "sqlite", "DJANGO_DB_NAME": name}) as process:
        wait_for_rows(1)
        events.add("b")
        wait_for_rows(2)
        events.add("c")
        events.rotate()
        events.add("d")
        wait_for_rows(4)
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out, error) == (0, "imported 4, duplicates 0, rejected 0\n", "")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_outage_of_the_database_is_waited_out(database: str, postgres: Postgres, tmp_path: Path) -> None:
    """One sentence when it begins, one when it is over, and nothing is lost."""
    events = EventsFile(tmp_path)
    events.add("a")
    with follow(events, postgres.environment()) as process:
        wait_for_rows(1)
        connection.close()
        postgres.stop()
        try:
            events.add("b")
            assert process.stderr is not None
            line = process.stderr.readline()
        finally:
            postgres.start()
        wait_for_rows(2)
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=PATIENCE_S)

    assert line.endswith("; it is tried again, and nothing is lost\n")
    assert (process.returncode, out, error) == (
        *(0, "imported 2, duplicates 0, rejected 0\n"),
        "the import goes on\n",
    )


class Scripted:
    """An importer whose runs end as they are told to, and that ends the loop behind the last one."""

    def __init__(self, ends: list[Any], ending: threading.Event) -> None:
        self.ends = ends
        self._ending = ending

    def run(self) -> ImportCounts:
        end = self.ends.pop(0)
        if not self.ends:
            self._ending.set()
        if isinstance(end, Exception):
            raise end
        return ImportCounts(end)


@pytest.mark.django_db
def test_each_outage_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is tried."""
    monkeypatch.setattr("ideolab_accesslog.events.follow.FAULT_MAX_S", 0.01)
    ending, said = threading.Event(), list[str]()
    fault = OperationalError("server closed the connection\nmore")
    script = Scripted([1, fault, fault, FileNotFoundError(2, "gone", "x"), 2, fault, 3], ending)
    with closing(FileWatch(tmp_path / "x", look_s=0.01)) as watch:
        follower = Follower(script, watch, Notifier(), said.append, ending)  # type: ignore[arg-type]

        assert follower.run() == ImportCounts(6)

    begin = "server closed the connection; it is tried again, and nothing is lost"
    assert said == [begin, "the import goes on", begin, "the import goes on"]


@pytest.mark.django_db
def test_systemd_is_told_of_an_outage(tmp_path: Path) -> None:
    """`systemctl status` says why nothing is imported; numbers alone would look like work."""
    ending, told = threading.Event(), list[str]()
    notifier = Notifier()
    notifier.work = lambda status: told.append(status())  # type: ignore[method-assign]
    with closing(FileWatch(tmp_path / "x", look_s=0.01)) as watch:
        script = Scripted([FileNotFoundError(2, "gone", "x"), 1], ending)
        Follower(script, watch, notifier, lambda _text: None, ending).run()  # type: ignore[arg-type]

    fault = "[Errno 2] gone: 'x': `sudo ideolab-f2b install --django USER` makes it, --file names another"
    assert told == [fault, "imported 1, rejected 0"]


@pytest.mark.django_db
def test_the_first_event_of_a_host_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not there yet is no fault that is tried less and less often: the watch tells of it."""
    monkeypatch.setattr("ideolab_accesslog.events.follow.FAULT_S", 60.0)
    monkeypatch.setattr("ideolab_accesslog.events.follow.FAULT_MAX_S", 60.0)
    monkeypatch.setattr("ideolab_accesslog.events.follow.PAUSE_S", 0.01)
    ending, said = threading.Event(), list[str]()
    gone = FileNotFoundError(2, "gone", "x")
    with closing(FileWatch(tmp_path / "x", look_s=0.01)) as watch:
        script = Scripted([gone, gone, gone, 1], ending)
        follower = Follower(script, watch, Notifier(), said.append, ending)  # type: ignore[arg-type]
        began = monotonic()

        assert follower.run() == ImportCounts(1)
        assert monotonic() - began < 60

    assert said[0].startswith("[Errno 2] gone: 'x': `sudo ideolab-f2b install --django USER` makes it")
    assert said[0].endswith("; it is tried again, and nothing is lost")
    assert said[1:] == ["the import goes on"]
