"""Beside a site's tests nothing is stored, written or asked; record_requests() stores for a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.access import recorder
from ideolab_accesslog.models import AccessLog, TrashIP
from ideolab_accesslog.scheduler import runs_tests, scheduler
from ideolab_accesslog.signals import offence
from ideolab_accesslog.testing import record_requests
from ideolab_accesslog.traship import banned, gate, log
from ideolab_accesslog.traship.crawlers.verifier import Verifier

SCANNER = "198.51.100.7"
#: what one verified crawler sends
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture(autouse=True)
def beside_tests(settings: Any, tmp_path: Path) -> Iterator[None]:
    """The site's settings, unchanged: this process is one of pytest-django, which the app finds out."""
    settings.ACCESSLOG_TESTING = "auto"
    settings.TRASHIP_LOG = str(tmp_path / "traship.log")
    settings.ACCESSLOG_SPOOL = str(tmp_path / "spool")
    gate._pending.forget()
    yield
    log.forget()
    assert not scheduler.is_held


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses whose names were asked for."""
    asked: list[str] = []
    monkeypatch.setattr(Verifier, "ask", lambda _self, address: asked.append(address))
    return asked


def visit(client: Any = None) -> None:
    """A page, a stream, a scanner's paths and a claim to be a crawler."""
    client = client or Client(REMOTE_ADDR=SCANNER)
    assert client.get("/ok/").status_code == 200
    assert b"".join(client.get("/stream/").streaming_content) == b"a" * 10 + b"b" * 10
    assert client.get("/.env").status_code == 403
    assert client.get("/nope-1").status_code == 404
    assert client.get("/wp-login.php", headers={"User-Agent": GOOGLEBOT}).status_code == 403


@pytest.mark.parametrize("sink", ["queue", "spool", "direct"])
def test_nothing_is_stored_written_or_asked(
    sink: str, settings: Any, tmp_path: Path, lookups: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Without a mark for the database pytest-django refuses each query: not even a try is made and logged."""
    settings.ACCESSLOG_SINK = sink
    threads = threading.active_count()

    visit()
    recorder.stop()
    gate.drain()

    assert runs_tests()
    assert threading.active_count() == threads
    assert recorder.counts() == {"waiting": 0, "written": 0, "dropped": 0}
    assert list(tmp_path.iterdir()) == []
    assert lookups == []
    assert [record.message for record in caplog.records if record.name.startswith("ideolab")] == []


def test_no_query_is_added_to_those_of_the_site(database: str) -> None:
    """assertNumQueries counts what it counted without the app."""
    with CaptureQueriesContext(connection) as queries:
        visit()

    assert queries.captured_queries == []


def test_rows_are_in_the_transaction_of_the_test(database: str, lookups: list[str], tmp_path: Path) -> None:
    """Stored at the end of the block, gone with the rollback of a TestCase."""
    heard: list[str] = []

    def note(path: str, **_others: Any) -> None:
        heard.append(path)

    offence.connect(note)
    with transaction.atomic():
        with record_requests():
            visit()
            assert AccessLog.objects.count() == 0
        assert list(AccessLog.objects.order_by("ts").values_list("path", "response_bytes")) == [
            ("/ok/", 12),
            ("/stream/", 20),
        ]
        assert list(TrashIP.objects.values_list("ip", "count_404", "count_sensitive")) == [(SCANNER, 1, 2)]
        transaction.set_rollback(True)
    offence.disconnect(note)

    assert heard == ["/.env", "/wp-login.php"]
    assert AccessLog.objects.count() == TrashIP.objects.count() == 0
    # neither a line that gets somebody banned, nor a question to a resolver
    assert list(tmp_path.glob("*.log")) == []
    assert lookups == []


def test_store_writes_within_the_block(database: str) -> None:
    """As often as the test likes; each row once."""
    with record_requests() as requests:
        Client().get("/ok/")
        requests.store()
        assert AccessLog.objects.count() == 1
        Client().get("/ok/")

    assert AccessLog.objects.count() == 2
    Client().get("/ok/")
    assert AccessLog.objects.count() == 2


def test_requests_of_a_live_servers_threads(database: str) -> None:
    """They are stored by the test's thread, on its connection: an SQLite in memory has no other."""
    with record_requests():
        served = threading.Thread(target=lambda: Client().get("/ok/"))
        served.start()
        served.join()

    assert AccessLog.objects.count() == 1


def test_an_asynchronous_test(database: str) -> None:
    """With `async with`, in the event loop, where no query is allowed."""

    async def run() -> None:
        async with record_requests() as requests:
            client = AsyncClient(REMOTE_ADDR=SCANNER)
            assert (await client.get("/async/")).status_code == 200
            assert (await client.get("/.env")).status_code == 403
            await requests.astore()
            assert await AccessLog.objects.acount() == 1
            assert (await client.get("/async/")).status_code == 200

    async_to_sync(run)()

    assert AccessLog.objects.count() == 2
    assert TrashIP.objects.get().count_sensitive == 1


def test_store_reads_the_bans(database: str) -> None:
    """So a test sees that a banned address is refused; outside of the block no ban is known."""
    TrashIP.objects.create(ip=SCANNER, is_banned=True)
    client = Client(REMOTE_ADDR=SCANNER)

    with record_requests() as requests:
        assert client.get("/ok/").status_code == 200
        requests.store()
        assert client.get("/ok/").status_code == 403

    assert client.get("/ok/").status_code == 200
    assert not banned.current


def test_each_block_counts_from_nothing(
    database: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """And alone: the site's cache, which may be that of the running site, is not asked."""
    settings.TRASHIP_404_DISTINCT = 3
    settings.TRASHIP_CACHE = "missing"
    heard: list[str] = []

    def note(path: str, **_others: Any) -> None:
        heard.append(path)

    offence.connect(note)
    for _ in range(2):
        with record_requests():
            for number in range(2):
                Client(REMOTE_ADDR=SCANNER).get(f"/nope-{number}")
    assert heard == []

    with record_requests():
        for number in range(3):
            Client(REMOTE_ADDR=SCANNER).get(f"/nope-{number}")
    offence.disconnect(note)
    assert heard == ["/nope-2"]
    assert "the cache fails" not in caplog.text


def test_a_failing_block_stores_nothing(database: str) -> None:
    """The test's own exception is the one to see, and the next block begins anew."""
    with pytest.raises(ZeroDivisionError), record_requests():
        Client().get("/ok/")
        raise ZeroDivisionError

    assert AccessLog.objects.count() == 0
    with record_requests():
        pass
    assert AccessLog.objects.count() == 0


def test_an_error_of_the_database_is_the_tests(caplog: pytest.LogCaptureFixture) -> None:
    """Raised where the test stores, not logged from a thread; here the database is not allowed."""
    with pytest.raises(RuntimeError, match="Database access not allowed"), record_requests():
        Client().get("/ok/")

    assert [record.message for record in caplog.records if record.name.startswith("ideolab")] == []


def test_a_block_within_a_block_is_refused(database: str) -> None:
    """The rows would be in one of them, and which is not clear."""
    with record_requests():
        with pytest.raises(RuntimeError, match="open already"), record_requests():
            pass
        Client().get("/ok/")

    assert AccessLog.objects.count() == 1


def test_settings_may_change_within_a_block(database: str, settings: Any) -> None:
    """Whatever the sink is, rows wait for the test."""
    with record_requests():
        Client().get("/ok/")
        settings.ACCESSLOG_SINK = "direct"
        settings.TRASHIP_ENABLED = False
        Client().get("/ok/")
        recorder.stop()

    assert AccessLog.objects.count() == 2
