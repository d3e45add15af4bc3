"""Rows into the table, on every database."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import override_settings

from ideolab_accesslog.access import insert as module
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.models import AccessLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row

on_each_database = pytest.mark.parametrize("database", VENDORS, indirect=True)


@on_each_database
def test_a_row_comes_back_as_it_was(database: str) -> None:
    """Time, address and numbers keep their types."""
    assert (
        insert([row(ip="2001:db8::7", user_id=7), row(ip=None, response_bytes=None, duration_ms=None)]) == 2
    )

    first, second = AccessLog.objects.order_by("id")
    assert first.ts == datetime.datetime(2026, 11, 22, 16, 0, 0, 250000, tzinfo=datetime.timezone.utc)
    assert (first.ip, first.user_id, first.duration_ms) == ("2001:db8::7", 7, 1.5)
    assert (second.ip, second.response_bytes, second.duration_ms) == (None, None, None)


@on_each_database
def test_whatever_a_client_sends_can_be_stored(database: str) -> None:
    """NUL, half characters, other scripts, SQL and COPY's own signs."""
    texts = ["a\0b", "a\udcffb", "日本 🦊", "'); --", "a\tb\\N\n\\.\r", "%s %(x)s", "\x7f\x01"]
    assert insert([row(path=text, user_agent=text) for text in texts]) == len(texts)

    stored = list(AccessLog.objects.order_by("id").values_list("path", flat=True))
    assert stored == ["a\N{REPLACEMENT CHARACTER}b", "a?b", *texts[2:]]


@on_each_database
def test_one_bad_row_does_not_cost_the_batch(database: str) -> None:
    """It alone is dropped and counted."""
    batch = [row(path=f"/{number}") for number in range(20)]
    batch[7] = row(path="/7", ts="never")
    batch[13] = row(path="/13", ts=1e30)

    assert insert(batch) == 18
    assert AccessLog.objects.count() == 18
    assert row_counter.read()["dropped"] == 2


@on_each_database
def test_an_outage_in_a_batch_with_a_bad_row_doubles_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch waits as a whole: what was written of it is rolled back."""
    batch = [row(path=f"/{number}") for number in range(8)]
    batch[1] = row(path="/1", ts="never")
    real: Any = module._write

    def write(rows: Sequence[Any]) -> None:
        if rows[-1][7] == "/7" and len(rows) < 8:
            raise OperationalError("server closed the connection")
        real(rows)

    monkeypatch.setattr(module, "_write", write)
    with pytest.raises(OperationalError):
        insert(batch)
    assert (AccessLog.objects.count(), row_counter.read()) == (0, {"written": 0, "dropped": 0})

    monkeypatch.setattr(module, "_write", real)
    assert insert(batch) == 7
    assert row_counter.read() == {"written": 7, "dropped": 1}


@on_each_database
def test_a_missing_table_is_the_database_s_fault(database: str) -> None:
    """The rows may be tried again after `migrate`."""
    with pytest.raises(Exception, match=r"(?i)accesslog"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ideolab_accesslog_accesslog RENAME TO gone")
        try:
            insert([row()])
        finally:
            if connection.vendor == "mysql":
                with connection.cursor() as cursor:
                    cursor.execute("ALTER TABLE gone RENAME TO ideolab_accesslog_accesslog")

    assert row_counter.read() == {"written": 0, "dropped": 0}


@override_settings(USE_TZ=False)
def test_sites_without_time_zones(database: str) -> None:
    """USE_TZ = False keeps local time."""
    insert([row()])

    assert AccessLog.objects.get().ts == datetime.datetime.fromtimestamp(1795363200.25)
