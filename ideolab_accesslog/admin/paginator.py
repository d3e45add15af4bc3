"""Pages of a table with millions of rows, without counting them, and without reading all of them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import connections
from django.db.models import Max, Min
from django.utils.functional import cached_property

#: rows that have a page; beyond them, the filters and the search are quicker than any page number
REACH = 10_000
#: newest rows that a page looks at where no index has what is asked for: of a million, SQLite takes seconds
NEWEST = 250_000


def keep_newest(rows: Any) -> Any:
    """Return those of a list that are among the newest of its table, by their `ts`."""
    every = rows.model._default_manager.using(rows.db).order_by("-ts")
    # an index alone answers it
    times = list(every.values_list("ts", flat=True)[NEWEST : NEWEST + 1])
    return rows.filter(ts__gt=times[0]) if times else rows


class EstimatingPaginator(Paginator):
    """Counts at most REACH rows; a table without a filter is estimated."""

    @cached_property
    def count(self) -> int:
        """The number of rows, at most REACH."""
        queryset = self.object_list
        if not queryset.query.where and _estimate(queryset) > REACH:
            return REACH
        return int(queryset.order_by()[:REACH].count())


def _estimate(queryset: Any) -> int:
    """Return about how many rows the table has, from its first and last key."""
    span = queryset.model._default_manager.using(queryset.db).aggregate(first=Min("pk"), last=Max("pk"))
    if span["last"] is None:
        return 0
    estimate: int = span["last"] - span["first"] + 1
    return _ask_planner(queryset) if connections[queryset.db].vendor == "postgresql" else estimate


def _ask_planner(queryset: Any) -> int:
    """Return the number that PostgreSQL's planner assumes; -1 before the first ANALYZE."""
    table = queryset.model._meta.db_table
    with connections[queryset.db].cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [f'"{table}"'])
        (rows,) = cursor.fetchone()
    return int(rows)
