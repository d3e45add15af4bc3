"""Inserts events: COPY where psycopg 3 offers it, executemany elsewhere; a refused row costs no other."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from datetime import timezone as zones
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from ideolab_accesslog.access import copy
from ideolab_accesslog.databases.text import is_rows_fault
from ideolab_accesslog.databases.times import find_writer, to_database
from ideolab_accesslog.events.rows.copy_line import NULL, format_row
from ideolab_accesslog.events.rows.row import FIELDS, EventRow
from ideolab_accesslog.models import ConnmonEvent

#: ids that one query looks for: older SQLite takes 999 values
IDS = 900
#: rows that are given to COPY at a time
PIECE = 500
_TIMES = tuple(map(FIELDS.index, ("ts", "until", "created_at")))


class RefusedRow(NamedTuple):
    """A row that the table cannot hold, and why."""

    row: EventRow
    why: str


class InsertedRows(NamedTuple):
    """What became of the rows of a batch; the others were in the table already."""

    new: list[EventRow]
    refused: list[RefusedRow]


def insert(rows: Sequence[EventRow], connection: Any) -> InsertedRows:
    """Insert the rows whose id is in no row of the table, and in no earlier one of these."""
    once = _select_first(rows)
    try:
        with transaction.atomic(using=connection.alias):
            _write(once, connection)
        return InsertedRows(once, [])
    except Exception as error:
        if not is_rows_fault(error):
            raise
        _free_frames(error)
    # only now: hardly a batch has a row that is there already
    new = _select_new(once, connection)
    refused = list(_insert_or_split(new, connection))
    lost = {one.row.event_id for one in refused}
    return InsertedRows([row for row in new if row.event_id not in lost], refused)


def _select_first(rows: Sequence[EventRow]) -> list[EventRow]:
    """Return the rows, of those with the same id the first one."""
    if len({row.event_id for row in rows}) == len(rows):
        return list(rows)
    first: dict[str, EventRow] = {}
    for row in rows:
        first.setdefault(row.event_id, row)
    return list(first.values())


def _select_new(rows: Sequence[EventRow], connection: Any) -> list[EventRow]:
    new = {row.event_id: row for row in rows}
    ids = list(new)
    for start in range(0, len(ids), IDS):
        for known in _read_ids(ids[start : start + IDS], connection):
            new.pop(known, None)
    return list(new.values())


def _read_ids(ids: list[str], connection: Any) -> Iterator[str]:
    """Yield those of the ids that rows have."""
    marks = ", ".join(["%s"] * len(ids))
    quote = connection.ops.quote_name
    table, column = quote(ConnmonEvent._meta.db_table), quote("event_id")
    with connection.cursor() as cursor:
        # several times as fast as the same by the ORM
        cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IN ({marks})", ids)  # noqa: S608
        yield from [known for (known,) in cursor.fetchall()]


def _insert_or_split(rows: Sequence[EventRow], connection: Any) -> Iterator[RefusedRow]:
    if not rows:
        return
    try:
        with transaction.atomic(using=connection.alias):
            _write(rows, connection)
    except Exception as error:
        if not is_rows_fault(error):
            raise
        _free_frames(error)
        if len(rows) == 1:
            yield RefusedRow(rows[0], f"the database cannot hold it: {type(error).__name__}")
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            yield from _insert_or_split(half, connection)


def _free_frames(error: BaseException) -> None:
    """Free the rows: an error, and the frame of Django that raised it, hold each other and all between."""
    traceback.clear_frames(error.__traceback__)


def _write(rows: Sequence[EventRow], connection: Any) -> None:
    if copy.is_possible(connection):
        copy.write_table(_format(rows), connection, ConnmonEvent, FIELDS, NULL)
        return
    with connection.cursor() as cursor:
        cursor.executemany(_statement(connection), list(map(_adapter(connection), rows)))


def _format(rows: Sequence[EventRow]) -> Iterator[bytes]:
    """Yield blocks of lines: the server stores one while the next is made."""
    write = find_writer()
    for start in range(0, len(rows), PIECE):
        yield "".join([format_row(row, write) for row in rows[start : start + PIECE]]).encode()


def _statement(connection: Any) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(ConnmonEvent._meta.get_field(name).column) for name in FIELDS)
    table, values = quote(ConnmonEvent._meta.db_table), ", ".join(["%s"] * len(FIELDS))
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 (names of our own table)


def _adapter(connection: Any) -> Callable[[EventRow], Sequence[Any]]:
    """Return the function that turns a row into this database's values."""
    adapt_time = connection.ops.adapt_datetimefield_value
    # Django would do the same for each value, in three times the time
    is_naive = not connection.features.supports_timezones and connection.timezone is zones.utc
    to_site = _drop_zone if settings.USE_TZ and is_naive else to_database

    def adapt(row: EventRow) -> Sequence[Any]:
        values: list[Any] = list(row)
        for index in _TIMES:
            if values[index] is not None:
                values[index] = adapt_time(to_site(values[index]))
        return values

    return adapt


def _drop_zone(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
