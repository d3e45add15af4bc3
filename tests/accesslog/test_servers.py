"""What real servers lose: nothing when they end, are recycled or forked; half a second at kill -9."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from demo.lab.wait import wait_until
from ideolab_accesslog.models import AccessLog
from tests.lab.gunicorn import gunicorn, uvicorn
from tests.lab.postgres import Postgres


def restart(postgres: Postgres) -> None:
    """After a stop; our own connection to it is dead too."""
    connection.close()
    postgres.start()


pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

#: what gunicorn can be told that changes how a process begins and ends
WAYS = {
    "SIGTERM": ("--workers", "2"),
    "recycled": ("--workers", "2", "--max-requests", "40", "--max-requests-jitter", "10"),
    "preloaded": ("--workers", "2", "--preload"),
    "threads": ("--workers", "2", "--worker-class", "gthread", "--threads", "4"),
}


@pytest.mark.parametrize("sink", ["queue", "spool"])
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_no_row_is_lost(options: tuple[str, ...], sink: str, database: str, postgres: Postgres) -> None:
    """Every answered request is in the table once the server has ended."""
    with gunicorn({**postgres.environment(), "DJANGO_ACCESSLOG_SINK": sink}, *options) as server:
        answered = server.load(400)[200]
        server.stop()

    assert answered >= 380
    assert AccessLog.objects.count() == answered


def test_no_row_is_lost_by_uvicorn(database: str, postgres: Postgres) -> None:
    """It ends by the signal itself, without Python's exit functions; stored_at_shutdown is for that."""
    with uvicorn(postgres.environment()) as server:
        answered = server.load(200, path="/async/")[200]
        server.stop()

    assert answered == 200
    assert AccessLog.objects.count() == answered


@pytest.mark.parametrize(("sink", "most_s"), [("queue", 0.5), ("spool", 0.0)])
def test_kill_9_takes_the_last_half_second_at_most(
    sink: str, most_s: float, database: str, postgres: Postgres
) -> None:
    """Of the queue; the spool's next process finds everything."""
    environment = {**postgres.environment(), "DJANGO_ACCESSLOG_SINK": sink}
    with gunicorn(environment, "--workers", "1") as server:
        began = time.monotonic()
        answered: list[float] = []
        while time.monotonic() - began < 2.0:
            assert server.get("/ok/") == 200
            answered.append(time.monotonic())
            time.sleep(0.002)
        server.kill_workers()
        killed = time.monotonic()
        # the next worker finds the spool of the dead one
        answered_after = sum(server.get("/ok/") == 200 for _ in range(3))
        server.stop()

    owed = sum(moment < killed - most_s for moment in answered) + answered_after
    assert owed <= AccessLog.objects.count() <= len(answered) + answered_after


@pytest.mark.parametrize("sink", ["queue", "spool"])
def test_a_database_that_is_down_fails_no_request(
    sink: str, database: str, postgres: Postgres, tmp_path: Path
) -> None:
    """And its rows are stored when it is back."""
    environment = {**postgres.environment(), "DJANGO_ACCESSLOG_SINK": sink}
    with gunicorn(environment, "--workers", "1") as server:
        before = server.load(40)
        postgres.stop()
        try:
            during: list[int] = []
            until = time.monotonic() + 6.0
            while time.monotonic() < until:
                during.append(server.get("/ok/"))
                time.sleep(0.02)
        finally:
            restart(postgres)
        after = server.load(40)
        said = server.output.read_text()
        server.stop()

    assert set(before) == set(during) == set(after) == {200}
    assert AccessLog.objects.count() == 80 + len(during)
    assert said.count("the database refuses") == 1


def test_the_bound_of_an_outage(database: str, postgres: Postgres) -> None:
    """Rows above ACCESSLOG_QUEUE_MAX are dropped and said once; the newest are, the oldest are kept."""
    environment: dict[str, Any] = {**postgres.environment(), "DJANGO_ACCESSLOG_QUEUE_MAX": "50"}
    with gunicorn(environment, "--workers", "1") as server:
        assert server.load(20)[200] == 20
        wait_until(lambda: AccessLog.objects.count() == 20, "not all of the first 20 rows are stored")
        postgres.stop()
        try:
            assert server.load(80)[200] == 80
            wait_until(lambda: "rows dropped" in server.output.read_text(), "no word of dropped rows")
            # a second word of it would come with the next turn
            time.sleep(1.0)
            said = server.output.read_text()
        finally:
            restart(postgres)
        server.stop()

    assert AccessLog.objects.count() == 70
    assert said.count("rows dropped (the queue is full)") == 1
