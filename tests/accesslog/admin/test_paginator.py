"""Pages of a large table: nothing is counted in full."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.admin import paginator
from ideolab_accesslog.models import AccessLog, ConnmonEvent
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW, add_event


def _rows(count: int, status: int = 200) -> None:
    AccessLog.objects.bulk_create(
        AccessLog(path=f"/{number}", method="GET", status_code=status) for number in range(count)
    )


def _count(queryset: object) -> int:
    return int(paginator.EstimatingPaginator(queryset, 10).count)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_small_table_is_counted_exactly(database: str) -> None:
    """An estimate would show pages that are not there."""
    _rows(25)
    assert _count(AccessLog.objects.all()) == 25
    assert _count(AccessLog.objects.filter(status_code=404)) == 0


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_large_table_is_cut_at_the_reach(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a filter or without, no more than REACH rows are counted."""
    monkeypatch.setattr(paginator, "REACH", 20)
    _rows(50)
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE TABLE ideolab_accesslog_accesslog" if connection.vendor == "mysql" else "ANALYZE"
        )
    assert _count(AccessLog.objects.all()) == 20
    assert _count(AccessLog.objects.filter(status_code=200)) == 20


@pytest.mark.django_db
def test_every_count_has_a_limit() -> None:
    """The query itself stops, not Python."""
    _rows(3)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert _count(AccessLog.objects.filter(status_code=200)) == 3
    assert all("LIMIT 10000" in query["sql"] for query in queries if "COUNT" in query["sql"])
    assert len(queries) == 1


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_the_newest_by_their_time(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their numbers are: an old file may be imported last."""
    for ago_s in (10, 30, 20):
        add_event(ago_s=ago_s, is_counted=False)
    rows = ConnmonEvent.objects.all()
    assert paginator.keep_newest(rows).count() == 3
    monkeypatch.setattr(paginator, "NEWEST", 2)

    assert [NOW - row.ts for row in paginator.keep_newest(rows)] == [
        timedelta(seconds=ago_s) for ago_s in (10, 20)
    ]
