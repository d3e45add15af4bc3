"""The thread of a process, and the jobs that it runs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any, Optional

import pytest
from django.db import connections
from django.test import Client, override_settings

from demo.lab.wait import wait_until
from ideolab_accesslog.access import recorder
from ideolab_accesslog.scheduler import Scheduler, has_test_runner, runs_tests, scheduler
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


def test_off_is_off(database: str, writer_thread: None, settings: Any) -> None:
    """Both switches off: no thread. One of them on: the thread, until that is off too."""
    settings.ACCESSLOG_ENABLED = settings.TRASHIP_ENABLED = False
    assert Client().get("/ok/").status_code == 200
    assert not thread_is_alive()

    settings.TRASHIP_ENABLED = True
    Client().get("/ok/")
    assert thread_is_alive()
    settings.TRASHIP_ENABLED = False
    assert not thread_is_alive()

    settings.ACCESSLOG_ENABLED = True
    Client().get("/ok/")
    assert thread_is_alive()
    settings.ACCESSLOG_TESTING = True
    assert not thread_is_alive()


#: a site in which everything is off: what it answers, how many threads it has, what it asks
OFF = textwrap.dedent(
    """
    import threading
    import django
    django.setup()
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.test import Client
    from ideolab_accesslog.access import recorder
    events = []
    BaseDatabaseWrapper.ensure_connection = lambda self: events.append(self.alias)
    client = Client(REMOTE_ADDR="198.51.100.7")
    print([client.get(path).status_code for path in ("/ok/", "/nope", "/.env", "/stream/")])
    print(threading.active_count())
    recorder.stop()
    print(events)
    """
)


@pytest.mark.parametrize("sink", ["queue", "spool", "direct"])
def test_a_process_in_which_all_is_off_does_nothing(sink: str, tmp_path: Path) -> None:
    """No thread, no query, no file, nothing at its end; not even a 403."""
    done = subprocess.run(
        [sys.executable, "-c", OFF],
        capture_output=True,
        text=True,
        check=True,
        env={
            "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
            "PYTHONPATH": ":".join(sys.path),
            "DJANGO_ACCESSLOG_ENABLED": "false",
            "DJANGO_TRASHIP_ENABLED": "false",
            "DJANGO_ACCESSLOG_SINK": sink,
            "ACCESSLOG_TEST_STATE": str(tmp_path),
        },
    )

    assert done.stdout.splitlines() == ["[200, 404, 404, 200]", "1", "[]"]
    assert list(tmp_path.iterdir()) == []


def test_a_test_runner_is_found(settings: Any) -> None:
    """pytest-django's is this one; a value that is none counts as "auto"."""
    assert has_test_runner()
    for value, expected in {"auto": True, True: True, False: False, "perhaps": True}.items():
        settings.ACCESSLOG_TESTING = value
        assert runs_tests() is expected


#: a runner that is neither Django's nor pytest-django's
RUNNER = textwrap.dedent(
    """
    import django
    django.setup()
    from ideolab_accesslog.scheduler import has_test_runner
    before = has_test_runner()
    from django.test import Client, RequestFactory
    from django.test.utils import setup_test_environment, teardown_test_environment
    imported = has_test_runner()
    setup_test_environment()
    during = has_test_runner()
    teardown_test_environment()
    print(before, imported, during, has_test_runner())
    """
)


def test_any_runner_is_found_and_no_site_is_one() -> None:
    """setup_test_environment() counts; a site may import django.test, for Client or RequestFactory."""
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        capture_output=True,
        text=True,
        check=True,
        env={"DJANGO_SETTINGS_MODULE": "tests.accesslog.settings", "PYTHONPATH": ":".join(sys.path)},
    )

    assert done.stdout == "False False True False\n"


#: a site that is served while it says to run tests
SERVED = textwrap.dedent(
    """
    import logging, sys, types
    {before}
    import django
    django.setup()
    from django.core.checks import run_checks
    from django.test import Client
    logging.basicConfig(format="%(name)s %(message)s", stream=sys.stdout, force=True)
    client = Client(REMOTE_ADDR="198.51.100.7")
    print([client.get("/ok/").status_code for _ in range(3)])
    print([one.id for one in run_checks(include_deployment_checks=True) if one.id.endswith("W014")])
    """
)
_WARNING = (
    "ideolab_accesslog a request is answered, and nothing is stored, written or banned: "
    "ACCESSLOG_TESTING is {}, and pytest_django is {}imported"
)


@pytest.mark.parametrize(
    ("before", "value", "warning"),
    [
        (
            "sys.modules['pytest_django'] = types.ModuleType('pytest_django')",
            "auto",
            _WARNING.format("'auto'", ""),
        ),
        ("", "true", _WARNING.format("True", "not ")),
        ("from django.test.utils import setup_test_environment as begin; begin()", "auto", None),
    ],
)
def test_a_site_that_says_to_run_tests(
    tmp_path: Path, before: str, value: str, warning: Optional[str]
) -> None:
    """One warning with the first request, and one of `check --deploy`; none where a runner works."""
    done = subprocess.run(
        [sys.executable, "-c", SERVED.format(before=before)],
        capture_output=True,
        text=True,
        check=True,
        env={
            "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
            "PYTHONPATH": ":".join(sys.path),
            "DJANGO_ACCESSLOG_TESTING": value,
            "ACCESSLOG_TEST_STATE": str(tmp_path),
        },
    )

    numbers = "['ideolab_accesslog.W014']" if warning else "[]"
    assert done.stdout.splitlines() == [*filter(None, [warning]), "[200, 200, 200]", numbers]


def test_the_thread_ends_when_a_runner_comes(
    database: str, writer_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request before it, of a module that is imported, has started it: no last turn, no row."""
    stored: list[str] = []
    before = dict(scheduler._periodic), list(scheduler._each_turn)
    try:
        scheduler._each_turn.clear()
        scheduler.start()
        thread = scheduler.thread
        assert thread is not None
        monkeypatch.setattr("ideolab_accesslog.scheduler.runs_tests", lambda: True)
        scheduler.add_job(lambda: stored.append("a row"))
        stored.clear()
        scheduler.wake()
        thread.join(30.0)
        assert not thread.is_alive()
        assert scheduler.thread is None
        scheduler.start()
        assert not thread_is_alive()
    finally:
        scheduler._periodic, scheduler._each_turn = before
    assert len(stored) <= 1
