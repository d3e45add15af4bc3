"""The newest offences of each address: exact, few, and never a reason to stop."""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from ideolab_accesslog.access import offences
from ideolab_accesslog.access.offences import NewestOffences, prune_table
from ideolab_accesslog.models import OffenceLog
from ideolab_accesslog.traship import rows
from ideolab_accesslog.traship.judge import OffenceJudge
from ideolab_accesslog.traship.offence import Offence
from tests.accesslog.conftest import VENDORS

ALICE, BOB = "198.51.100.7", "2001:db8:0:7::/64"
#: what a scanner sends so that a list, a terminal or a database stumbles
HOSTILE = "/\u202egpj.\x00\n\ud800\U0001f600<script>" + "a" * 5000


def offence(path: str, address: str = ALICE, **fields: Any) -> Offence:
    plain: dict[str, Any] = {"when": 1_790_000_000.0, "rule": "dotfile", "status": 403, "method": "GET"}
    return Offence(**{**plain, "address": address, "path": path, "agent": "zgrab", **fields})


def kept(clock: Any = lambda: 0.0) -> NewestOffences[Offence]:
    return NewestOffences(rows.make_offence_row, clock)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_every_field_is_kept_exactly(database: str) -> None:
    """Also what no column and no page could hold as it is."""
    newest = kept()
    newest.add(BOB, offence("/.env", BOB, client="2001:db8:0:7::9"))
    newest.add(ALICE, offence(HOSTILE, agent=HOSTILE, rule="", status=404, method="what?"))
    newest.write()

    row = OffenceLog.objects.get(ip=BOB)
    assert (row.path, row.rule, row.reason, row.status_code, row.method, row.user_agent, row.client_ip) == (
        *("/.env", "dotfile", "sensitive_path", 403, "GET", "zgrab", "2001:db8:0:7::9"),
    )
    assert row.ts.timestamp() == 1_790_000_000
    row = OffenceLog.objects.get(ip=ALICE)
    start = "/\\u202egpj.\\x00\\x0a\\ud800\\U0001f600<script>aaa"
    assert (row.path.startswith(start), len(row.path), len(row.user_agent)) == (True, 1024, 512)
    assert (row.reason, row.method, row.client_ip) == ("404_burst", "OTHER", None)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_an_address_has_its_newest_rows(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many different paths it asks for, in however many writes."""
    monkeypatch.setattr(offences, "OF_ADDRESS", 5)
    newest = kept(itertools.count(step=10).__next__)
    for number in range(40):
        newest.add(ALICE, offence(f"/{number}.php", when=1_790_000_000.0 + number))
        newest.add(BOB, offence("/.env", BOB))
        if number % 7 == 0:
            newest.write()
    newest.write(is_last=True)

    assert list(OffenceLog.objects.filter(ip=ALICE).values_list("path", flat=True)) == [
        f"/{number}.php" for number in range(39, 34, -1)
    ]
    assert OffenceLog.objects.filter(ip=BOB).count() == 5


def test_a_flood_is_written_seldom_and_in_part(database: str, django_assert_max_num_queries: Any) -> None:
    """A hundred thousand offences of as many addresses are one write of 500 rows in five seconds."""
    now = [0.0]
    newest = kept(lambda: now[0])
    for number in range(100_000):
        address = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::/64"
        newest.add(address, offence("/.env", address))
    with django_assert_max_num_queries(30):
        newest.write()
    assert OffenceLog.objects.count() == 500
    assert OffenceLog.objects.filter(ip="2001:db8:1:869f::/64").exists()

    newest.add(ALICE, offence("/.git/"))
    with django_assert_max_num_queries(0):
        newest.write()
    now[0] = offences.FLUSH_S
    newest.write()
    assert OffenceLog.objects.filter(ip=ALICE).count() == 1


def test_a_flood_of_one_address_is_fifty_rows(database: str) -> None:
    """Those at its end."""
    newest = kept()
    for number in range(10_000):
        newest.add(ALICE, offence(f"/{number}.php", when=1_790_000_000.0 + number))
    newest.write()
    assert OffenceLog.objects.count() == offences.OF_ADDRESS
    assert OffenceLog.objects.latest("ts").path == "/9999.php"


@pytest.mark.parametrize("step_s", [0.0, 10.0])
def test_invented_pages_hide_no_sensitive_path(database: str, step_s: float) -> None:
    """Whether they come in the same write or in later ones: half of the rows are for what a scanner seeks."""
    newest = kept(itertools.count(step=step_s).__next__)
    newest.add(BOB, offence("/nope", BOB))
    newest.write()
    newest.add(ALICE, offence("/.env"), is_sensitive=True)
    for number in range(200):
        page = offence(f"/{number}", rule="", status=404, when=1_790_000_001.0 + number)
        newest.add(ALICE, page)
        newest.write()
    newest.write(is_last=True)

    paths = list(OffenceLog.objects.filter(ip=ALICE).values_list("path", flat=True))
    assert paths == [*(f"/{number}" for number in range(199, 150, -1)), "/.env"]


def test_the_judge_tells_what_is_sensitive(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing page is not, nor what another site's page asked for."""
    monkeypatch.setattr(offences, "OF_ADDRESS", 2)
    judge = OffenceJudge()
    pages = [offence(f"/{number}", rule="", status=404) for number in range(5)]
    judge.process([offence("/.env"), *pages, offence("/x.php", excuse="cross_site")])

    assert sorted(OffenceLog.objects.values_list("path", flat=True)) == ["/.env", "/x.php"]


@pytest.mark.parametrize(
    ("most", "sensitive", "missing", "stay"),
    [
        *((50, 2, 100, (2, 48)), (50, 100, 2, (48, 2)), (50, 100, 100, (25, 25)), (50, 10, 10, (10, 10))),
        *((1, 1, 1, (1, 0)), (1, 0, 3, (0, 1)), (5, 9, 9, (3, 2))),
    ],
)
def test_how_the_rows_of_an_address_are_divided(
    most: int, sensitive: int, missing: int, stay: tuple[int, int]
) -> None:
    """Each kind has a half, and what the other does not need."""
    assert offences.divide(most, sensitive, missing) == stay


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_full_table_loses_missing_pages_first(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each visitor of a dead link has a row: they must not take the place of what scanners asked for."""
    monkeypatch.setattr(offences, "MOST", 4)
    now = timezone.now()
    for age, rule in enumerate(("", "php", "", "php", "", "php")):
        OffenceLog.objects.create(
            ts=now - timedelta(hours=age), ip=ALICE, method="GET", path=f"/{age}", status_code=404, rule=rule
        )
    prune_table(OffenceLog.objects.all())
    assert [row.path for row in OffenceLog.objects.all()] == ["/0", "/1", "/3", "/5"]
    monkeypatch.setattr(offences, "MOST", 2)
    prune_table(OffenceLog.objects.all())
    assert [row.path for row in OffenceLog.objects.all()] == ["/1", "/3"]


def test_a_database_that_refuses_costs_rows_and_nothing_else(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line in the log; the next try is a minute later, and what came in between is bounded."""
    now = [0.0]
    newest = kept(lambda: now[0])
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "ideolab_accesslog"):

        def refuse(*_arguments: Any) -> None:
            raise OperationalError("no such table")

        patch.setattr(newest, "_store", refuse)
        for turn in range(3):
            now[0] = turn * offences.RETRY_S
            newest.add(ALICE, offence("/lost"))
            newest.write()
    assert [record.message for record in caplog.records] == [
        "offences are not kept for the admin; is the app migrated?"
    ]
    newest.add(ALICE, offence("/kept"))
    newest.write()
    assert not OffenceLog.objects.exists()
    now[0] += offences.RETRY_S
    newest.write()
    assert [row.path for row in OffenceLog.objects.all()] == ["/kept"]


@pytest.mark.root
@pytest.mark.parametrize("database", ["mysql"], indirect=True)
def test_a_table_of_another_charset_holds_them_too(database: str) -> None:
    """MySQL's latin1 has no Japanese: then all but ASCII is written as numbers."""
    from django.db import connection

    with connection.cursor() as cursor:
        table = OffenceLog._meta.db_table
        cursor.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET latin1")
    try:
        newest = kept()
        newest.add(ALICE, offence("/日本"))
        newest.write()
        assert OffenceLog.objects.get().path == "/\\u65e5\\u672c"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4")


def test_the_judge_keeps_each_page_once(database: str, settings: Any) -> None:
    """A page that is asked for again adds nothing; an excused one is kept with its reason."""
    judge = OffenceJudge()
    judge.process([offence("/.env"), offence("/.env"), offence("/nope", rule="", status=404)])
    judge.process([offence("/.env"), offence("/x.php", excuse="cross_site"), offence("/.env")])
    assert sorted(OffenceLog.objects.values_list("path", "reason")) == [
        ("/.env", "sensitive_path"),
        ("/nope", "404_burst"),
        ("/x.php", "cross_site"),
    ]


def test_pages_that_the_site_itself_said_not_to_have_are_kept(database: str) -> None:
    """They make no burst, but each is a link that leads nowhere: all of one URL pattern, each once."""
    judge = OffenceJudge()
    fields: dict[str, Any] = {"rule": "", "status": 404, "pattern": "articles/<slug>/"}
    judge.process([offence(f"/articles/{number % 3}/", **fields) for number in range(9)])
    judge.process([offence("/articles/0/", **fields)])
    assert sorted(OffenceLog.objects.values_list("path", flat=True)) == [
        f"/articles/{number}/" for number in range(3)
    ]
