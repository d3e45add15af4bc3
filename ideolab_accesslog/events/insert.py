"""Inserts events: COPY where psycopg 3 offers it, executemany elsewhere; a refused row costs no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ideolab_accesslog.access import copy
from ideolab_accesslog.databases.text import is_rows_fault
from ideolab_accesslog.events.copy_line import format_row
from ideolab_accesslog.events.row import FIELDS, EventRow
from ideolab_accesslog.models import ConnmonEvent

#: ids that one query looks for: older SQLite takes 999 values
IDS = 900


class RefusedRow(NamedTuple):
    """A row that the table cannot hold, and why."""

    row: EventRow
    why: str


def select_new(rows: Sequence[EventRow], connection: Any) -> list[EventRow]:
    """Return the rows whose id is in no row of the table and in no earlier one of these."""
    new = {row.event_id: row for row in reversed(rows)}
    ids = list(new)
    events = ConnmonEvent.objects.using(connection.alias).order_by()
    for start in range(0, len(ids), IDS):
        for known in events.filter(event_id__in=ids[start : start + IDS]).values_list("event_id", flat=True):
            new.pop(known, None)
    return list(reversed(new.values()))


def insert(rows: Sequence[EventRow], connection: Any) -> list[RefusedRow]:
    """Insert the rows, and return those that the table cannot hold."""
    return list(_insert_or_split(rows, connection)) if rows else []


def _insert_or_split(rows: Sequence[EventRow], connection: Any) -> Iterator[RefusedRow]:
    try:
        with transaction.atomic(using=connection.alias):
            _write(rows, connection)
    except Exception as error:
        if not is_rows_fault(error):
            raise
        if len(rows) == 1:
            yield RefusedRow(rows[0], f"the database cannot hold it: {type(error).__name__}")
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            yield from _insert_or_split(half, connection)


def _write(rows: Sequence[EventRow], connection: Any) -> None:
    if copy.is_possible(connection):
        lines = b"".join([format_row(row, _to_stored) for row in rows])
        copy.write_table([lines], connection, ConnmonEvent, FIELDS)
        return
    with connection.cursor() as cursor:
        cursor.executemany(_statement(connection), list(map(_adapter(connection), rows)))


def _to_stored(moment: datetime) -> datetime:
    """Return the time as the site stores times: aware, or on the local clock."""
    return moment if settings.USE_TZ else timezone.make_naive(moment)


def _statement(connection: Any) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(ConnmonEvent._meta.get_field(name).column) for name in FIELDS)
    table, values = quote(ConnmonEvent._meta.db_table), ", ".join(["%s"] * len(FIELDS))
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 (names of our own table)


def _adapter(connection: Any) -> Callable[[EventRow], tuple[Any, ...]]:
    """Return the function that turns a row into this database's values."""
    adapt_time = connection.ops.adapt_datetimefield_value
    adapt_address = connection.ops.adapt_ipaddressfield_value
    #: the time of the import is the same in all rows
    kept: dict[datetime, Any] = {}

    def adapt_kept(moment: datetime) -> Any:
        if moment not in kept:
            kept.clear()
            kept[moment] = adapt_time(_to_stored(moment))
        return kept[moment]

    def adapt(row: EventRow) -> tuple[Any, ...]:
        return row._replace(
            ts=adapt_time(_to_stored(row.ts)),
            ip=row.ip and adapt_address(row.ip),
            until=row.until and adapt_time(_to_stored(row.until)),
            created_at=adapt_kept(row.created_at),
        )

    return adapt
