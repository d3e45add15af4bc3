"""Counts are added to TrashIP rows in one statement, on every database, whoever else writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import pytest
from django.db import OperationalError, connections

from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.traship import rows
from ideolab_accesslog.traship.offence import OffenceSum
from tests.accesslog.conftest import VENDORS

ALICE, BOB = "198.51.100.7", "2001:db8:0:7::/64"


def total(**changes: Any) -> OffenceSum:
    fields: dict[str, Any] = {"first": 1_790_000_000.0, "last": 1_790_000_001.0, "hits": 3, "missing": 3}
    return OffenceSum(**{**fields, "path": "/nope", "agent": "curl", **changes})


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_counts_are_added(database: str) -> None:
    """The second batch adds to the first; the last path, agent and time are the latest."""
    rows.write({ALICE: total(), BOB: total(path="/\x00\ud800", agent="x\x00")})
    rows.write(
        {ALICE: total(hits=5, missing=2, sensitive=3, path="/.env", agent="zgrab", last=1_790_000_100.0)}
    )

    alice, bob = TrashIP.objects.get(ip=ALICE), TrashIP.objects.get(ip=BOB)
    assert (alice.count_hits, alice.count_404, alice.count_sensitive) == (8, 5, 3)
    assert (alice.reason, alice.last_path, alice.last_user_agent) == ("sensitive_path", "/.env", "zgrab")
    assert alice.first_seen == datetime.fromtimestamp(1_790_000_000, timezone.utc)
    assert alice.last_seen == datetime.fromtimestamp(1_790_000_100, timezone.utc)
    assert (bob.reason, bob.last_path, bob.last_user_agent) == ("404_burst", "/\\x00\\ud800", "x\\x00")


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_what_people_decided_stays(database: str) -> None:
    """A ban, its reason and a row that was entered by hand are not touched."""
    TrashIP.objects.create(ip=ALICE, reason="manual", is_banned=True, ban_reason="by hand", count_hits=1)

    rows.write({ALICE: total(sensitive=1)})

    row = TrashIP.objects.get(ip=ALICE)
    assert (row.reason, row.is_banned, row.ban_reason, row.count_hits) == ("manual", True, "by hand", 4)


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_what_counts_outweighs_what_does_not(database: str) -> None:
    """The reason of a row only becomes a stronger one."""
    _write_reasons()


def _write_reasons() -> None:
    steps = (
        (total(missing=0, excuse="cross_site"), "cross_site"),
        (total(missing=0, excuse="crawler"), "cross_site"),
        (total(), "404_burst"),
        (total(missing=0, excuse="crawler"), "404_burst"),
        (total(sensitive=1), "sensitive_path"),
        (total(), "sensitive_path"),
    )
    for step, reason in steps:
        rows.write({ALICE: step})
        assert TrashIP.objects.get().reason == reason


@pytest.mark.parametrize("database", ("postgresql", "mysql"), indirect=True)
def test_many_writers(database: str) -> None:
    """Eight threads add to the same forty rows, each in its own order: nothing is lost."""
    addresses = [f"198.51.100.{number}" for number in range(40)]

    def add(turn: int) -> None:
        try:
            for _ in range(5):
                for _attempt in range(20):
                    try:
                        rows.write({one: total() for one in (addresses if turn % 2 else addresses[::-1])})
                        break
                    except OperationalError:
                        continue
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))

    assert set(TrashIP.objects.values_list("count_hits", flat=True)) == {8 * 5 * 3}
    assert TrashIP.objects.count() == 40


def test_many_rows(database: str) -> None:
    """A thousand addresses are a few statements."""
    many = {f"2001:db8::{number:x}": total() for number in range(1000)}

    rows.write(many)

    assert TrashIP.objects.count() == 1000


def test_a_row_that_is_refused_keeps_nobody(database: str) -> None:
    """The others of its batch are stored."""
    rows.write({"no address": total(), ALICE: total()})

    assert list(TrashIP.objects.values_list("ip", flat=True))[-1:] == [ALICE]


def test_other_databases(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without either statement rows are updated one by one, with the same result."""
    monkeypatch.setattr(rows, "_STATEMENTS", {})
    rows.write({ALICE: total()})
    rows.write({ALICE: total(sensitive=1)})

    row = TrashIP.objects.get(ip=ALICE)
    assert (row.count_hits, row.count_sensitive, row.reason) == (6, 1, "sensitive_path")
    TrashIP.objects.all().delete()
    _write_reasons()
