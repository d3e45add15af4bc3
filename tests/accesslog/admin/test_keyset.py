"""Pages of a list in its order: each row once, whatever the order, with rows without a value."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.admin import keyset
from ideolab_accesslog.models import AccessLog, TrashIP
from tests.accesslog.conftest import VENDORS

NOON = datetime(2026, 11, 30, 12, tzinfo=timezone.utc)
ORDERS = (
    *(("-ts", "-pk"), ("ts", "pk"), ("duration_ms", "-pk"), ("-duration_ms", "pk"), ("path",), ("-ip", "pk")),
    *(("ip", "-duration_ms", "path", "-pk"), ("-status_code", "ip", "-ts"), ("pk",)),
)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyset, "_KEYS", 7)
    monkeypatch.setattr(keyset, "_PAGE", 3)


def _fill(count: int) -> None:
    AccessLog.objects.bulk_create(
        AccessLog(
            ts=NOON - timedelta(seconds=number // 4),
            ip=(None, "198.51.100.7", "2001:db8::1", "198.51.100.10")[number % 4],
            path=("/b", "/a", "/Ä", "/B", "/")[number % 5],
            method="GET",
            status_code=200 + number % 3,
            duration_ms=(None, 1.1, 0.1 + 0.2, 1e-7)[number // 2 % 4],
        )
        for number in range(count)
    )


def _read(queryset: Any, *, may_change: bool = False) -> list[Any]:
    return [row for page in keyset.read_pages(queryset, ["id"], may_change=may_change) for (row,) in page]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_each_row_comes_once_in_the_order_of_the_list(database: str, small_pages: None) -> None:
    """Whichever columns it is sorted by, up or down, with equal values and with none."""
    _fill(61)
    for order in ORDERS:
        rows = AccessLog.objects.filter(Q(status_code=201) | Q(path__gt="")).order_by(*order)
        sure = order if order[-1] in ("pk", "-pk") else (*order, "-pk")
        assert _read(rows) == list(rows.order_by(*sure).values_list("pk", flat=True)), order


@pytest.mark.django_db
def test_an_order_that_is_no_column_is_that_of_the_numbers() -> None:
    """An expression, the order of another table, and a place of its own for rows without a value."""
    orders = (Lower("path"), F("duration_ms").asc(nulls_last=True), "user__username", "?", "no_such_column")
    by_number = (keyset.SortColumn("pk", True),)
    rows = AccessLog.objects.all()
    assert [keyset.find_order(rows.order_by(order)) for order in orders[:3]] == [by_number] * 3
    assert keyset.find_order(rows.order_by("?")) == by_number
    assert keyset.find_order(rows.order_by(F("status_code").desc(), "pk")) == (
        keyset.SortColumn("status_code", True),
        keyset.SortColumn("pk", False),
    )


@pytest.mark.django_db
def test_rows_that_are_deleted_or_come_meanwhile_are_left_out(small_pages: None) -> None:
    """Those that stay come once."""
    _fill(20)
    rows = AccessLog.objects.order_by("ts", "pk")
    expected = list(rows.values_list("pk", flat=True))
    pages = keyset.read_pages(rows, ["id"], may_change=False)
    found = [row for (row,) in next(pages)]
    AccessLog.objects.filter(pk=expected[3]).delete()
    AccessLog.objects.create(ts=NOON + timedelta(days=1), path="/new", method="GET", status_code=200)
    found += [row for page in pages for (row,) in page]
    assert found == [*expected[:3], *expected[4:]]


@pytest.mark.django_db
def test_a_row_that_moves_to_the_end_comes_once(small_pages: None) -> None:
    """An address that is seen again while the list, oldest first, is read."""
    for number in range(20):
        TrashIP.objects.create(ip=f"198.51.100.{number}", last_seen=NOON + timedelta(seconds=number))
    rows = TrashIP.objects.order_by("last_seen", "pk")
    expected = list(rows.values_list("pk", flat=True))
    pages = keyset.read_pages(rows, ["id"], may_change=True)
    found = [row for (row,) in next(pages)]
    TrashIP.objects.filter(pk=expected[0]).update(last_seen=NOON + timedelta(days=1))
    found += [row for page in pages for (row,) in page]
    assert found == expected


@pytest.mark.django_db
def test_no_query_reads_more_than_a_page(small_pages: None) -> None:
    """And none begins at the first row again, which OFFSET would do."""
    _fill(20)
    with CaptureQueriesContext(connection) as captured:
        found = _read(AccessLog.objects.all())
    assert found == list(AccessLog.objects.values_list("pk", flat=True))
    queries = [query["sql"] for query in captured]
    # the newest number; 7, 7 and 6 keys; 3, 3 and 2 pages of rows
    assert len(queries) == 1 + 3 + 8
    assert [query for query in queries if "OFFSET" in query] == []
    assert [query for query in queries[1:] if "LIMIT 7" not in query and " IN (" not in query] == []


@pytest.mark.django_db
def test_an_empty_list_has_no_pages() -> None:
    """Not even the number of its newest row."""
    assert _read(AccessLog.objects.all()) == []
