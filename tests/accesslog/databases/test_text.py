"""Texts fit the tables that a site has: an emoji costs itself, on every database and in every place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DataError, OperationalError, connection, connections
from django.test import Client

from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.databases import text
from ideolab_accesslog.databases.text import clean, is_rows_fault, to_ascii
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP
from ideolab_accesslog.traship import rows
from ideolab_accesslog.traship.offence import OffenceSum
from tests.accesslog.rows import row
from tests.lab.postgres import Postgres

ALICE, BOB = "198.51.100.7", "198.51.100.8"
#: by character set what is left of this text
TEXT = "/wp-é-日-😀"
LEFT = {"utf8mb3": "/wp-é-日-?", "latin1": "/wp-é-?-?", "LATIN1": "/wp-é-?-?", "SQL_ASCII": TEXT}


@pytest.mark.parametrize(
    ("value", "expected"), [("abc", "abc"), ("é", "é"), ("\0", "\ufffd"), ("\ud800", "?")]
)
def test_clean(value: str, expected: str) -> None:
    """Only what no database takes is replaced."""
    assert clean(value) == expected


def test_the_last_attempt() -> None:
    """Every table has ASCII."""
    assert to_ascii("a\0é😀\ud800") == "a????"


def test_whose_fault_it_is() -> None:
    """mysqlclient raises OperationalError for a character that does not fit; waiting would not help."""
    assert is_rows_fault(OperationalError(1366, "Incorrect string value"))
    assert is_rows_fault(DataError("value too long"))
    assert not is_rows_fault(OperationalError(2006, "MySQL server has gone away"))
    assert not is_rows_fault(OperationalError("database is locked"))
    assert not is_rows_fault(OperationalError())


def test_character_sets_by_name() -> None:
    """Those that hold everything are left out; what Python does not know is taken for ASCII."""
    assert text._select_narrow(["utf8mb4", "utf8mb3", "cp1252", "armscii8", "cp1252"]) == [
        "utf8mb3",
        "cp1252",
        "ascii",
    ]


@pytest.fixture
def narrow(database: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The character set of a real database that does not hold all of Unicode."""
    charset: str = request.param
    text._charsets.clear()
    if charset.isupper():
        with _postgres_in(charset, request):
            yield charset
    else:
        _convert(charset)
        yield charset
        _convert("utf8mb4")
    text._charsets.clear()


def _convert(charset: str) -> None:
    with connection.cursor() as cursor:
        for model in (AccessLog, TrashIP, FirewallActionLog):
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET {charset}")


class _postgres_in:
    """`default` is a database of the session's PostgreSQL with this encoding."""

    def __init__(self, charset: str, request: pytest.FixtureRequest) -> None:
        self._server: Postgres = request.getfixturevalue("postgres")
        self._blocker = request.getfixturevalue("django_db_blocker")
        self._name = f"in_{charset.lower()}"
        options = ("-E", charset, "--locale=C", "-T", "template0")
        program = str(self._server._binaries / "createdb")
        self._server.run(program, "-h", str(self._server.directory), "-U", "postgres", *options, self._name)

    def __enter__(self) -> None:
        entry = connections.configure_settings({"default": self._server.settings(self._name)})["default"]
        self._before = connections["default"], connections.databases["default"]
        connections.databases["default"] = entry
        del connections["default"]
        self._unblocked = self._blocker.unblock()
        self._unblocked.__enter__()
        call_command("migrate", verbosity=0, interactive=False)

    def __exit__(self, *_error: object) -> None:
        connections["default"].close()
        connections["default"], connections.databases["default"] = self._before
        self._unblocked.__exit__(None, None, None)


_narrow = [
    pytest.param("utf8mb3", "mysql", marks=pytest.mark.needs("mariadb-server")),
    pytest.param("latin1", "mysql", marks=pytest.mark.needs("mariadb-server")),
    pytest.param("LATIN1", "sqlite", marks=pytest.mark.needs("postgresql")),
    pytest.param("SQL_ASCII", "sqlite", marks=pytest.mark.needs("postgresql")),
]


def _sum(path: str) -> OffenceSum:
    return OffenceSum(1_790_000_000.0, last=1_790_000_001.0, hits=1, sensitive=1, path=path, agent=path)


@pytest.mark.parametrize(("narrow", "database"), _narrow, indirect=True)
def test_old_tables_lose_a_character_and_no_row(narrow: str) -> None:
    """Rows, bans, reasons and searches, the ones after an emoji too."""
    left = LEFT[narrow]
    rows.write({ALICE: _sum(TEXT), BOB: _sum("/plain-é")})
    rows.write({BOB: _sum("/later")})
    assert insert([row(path=TEXT), row(path="/plain-é"), row(user_agent=TEXT)]) == 3
    root = User.objects.create_superuser("root")
    client = Client(REMOTE_ADDR="198.51.100.1")
    client.force_login(root)
    data = {"addresses": ALICE, "time": "24h", "reason": TEXT}
    assert client.post("/admin/ideolab_accesslog/traship/ban/", data).status_code == 302
    for name in ("accesslog", "traship", "firewallactionlog"):
        assert client.get(f"/admin/ideolab_accesslog/{name}/", {"q": TEXT}).status_code == 200
        for lookup in ("reason__exact", "method", "status", "user_agent__startswith", "state__exact", "ip"):
            assert client.get(f"/admin/ideolab_accesslog/{name}/", {lookup: TEXT}).status_code in (
                200,
                302,
                400,
            )

    assert dict(TrashIP.objects.values_list("ip", "last_path")) == {ALICE: left, BOB: "/later"}
    assert TrashIP.objects.get(ip=BOB).count_sensitive == 2
    assert list(AccessLog.objects.order_by("id").values_list("path", flat=True)[:2]) == [left, "/plain-é"]
    assert (TrashIP.objects.get(ip=ALICE).ban_reason, FirewallActionLog.objects.get().reason) == (left, left)
    assert calls.unban([ALICE], actor=root, reason=TEXT).counts() == {"skipped": 1}


@pytest.mark.parametrize(("narrow", "database"), _narrow[:1], indirect=True)
def test_a_table_that_says_nothing_of_its_characters(narrow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused row is written in ASCII; the others keep their text."""
    monkeypatch.setattr(text, "_ASK", {})
    text._charsets.clear()
    rows.write({ALICE: _sum(TEXT), BOB: _sum("/plain-é")})
    assert insert([row(path="/plain-é"), row(path=TEXT), row(path="/last")]) == 3

    assert dict(TrashIP.objects.values_list("ip", "last_path")) == {ALICE: "/wp-?-?-?", BOB: "/plain-é"}
    paths = list(AccessLog.objects.order_by("id").values_list("path", flat=True))
    assert paths == ["/plain-é", "/wp-?-?-?", "/last"]


def test_what_no_text_explains_is_dropped(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """mysqlclient's OperationalError 1366 of one suspect is no outage: the others are written."""
    real: Any = rows._STATEMENTS["sqlite"]

    def refuse(connection: Any, batch: list[TrashIP]) -> None:
        if any(one.ip == ALICE for one in batch):
            raise OperationalError(1366, "Incorrect string value")
        real(connection, batch)

    monkeypatch.setattr(rows, "_STATEMENTS", {"sqlite": refuse})
    rows.write({ALICE: _sum(TEXT), BOB: _sum("/plain")})

    assert list(TrashIP.objects.values_list("ip", flat=True)) == [BOB]
