"""Inserts rows at the least cost for each: COPY where psycopg 3 offers it, executemany elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, Callable

from django.conf import settings
from django.db import DataError, IntegrityError, connections, transaction

from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.conf import conf
from ideolab_accesslog.models import AccessLog

logger = logging.getLogger("ideolab_accesslog")

#: faults of a row; everything else is the database's, and the rows may try again
ROW_ERRORS = (DataError, IntegrityError, ValueError, TypeError, OverflowError)
#: MySQL calls a character that its table cannot hold an OperationalError
MYSQL_INCORRECT_STRING = 1366
#: NUL: PostgreSQL refuses it in any text
NO_NUL = "\N{REPLACEMENT CHARACTER}"


def insert(rows: Sequence[Row]) -> int:
    """Store the rows in one transaction and return how many; a row that the table cannot hold is dropped."""
    try:
        _write(rows)
    except Exception as error:
        if not _is_a_rows_fault(error):
            raise
        return _insert_halves(rows, error)
    row_counter.add_written_rows(len(rows))
    return len(rows)


def _insert_halves(rows: Sequence[Row], error: Exception) -> int:
    """Insert the halves of a batch by themselves: one bad row must not cost the others."""
    if len(rows) == 1:
        row_counter.add_dropped_rows(1, f"the database cannot hold it: {type(error).__name__}")
        return 0
    middle = len(rows) // 2
    return insert(rows[:middle]) + insert(rows[middle:])


def _is_a_rows_fault(error: Exception) -> bool:
    return isinstance(error, ROW_ERRORS) or error.args[:1] == (MYSQL_INCORRECT_STRING,)


def _write(rows: Sequence[Row]) -> None:
    connection = connections[conf.ACCESSLOG_DATABASE]
    adapted = map(_adapter(connection), rows)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql" and hasattr(cursor, "copy"):
            with connection.wrap_database_errors, cursor.copy(_statement(connection, "COPY")) as copy:
                for row in adapted:
                    copy.write_row(row)
        else:
            cursor.executemany(_statement(connection, "INSERT"), list(adapted))


def _statement(connection: Any, verb: str) -> str:
    quote = connection.ops.quote_name
    columns = [AccessLog._meta.get_field(name).column for name in FIELDS]
    names = ", ".join(quote(column) for column in columns)
    table = quote(AccessLog._meta.db_table)
    if verb == "COPY":
        return f"COPY {table} ({names}) FROM STDIN"
    values = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608 (names of our own table)


def _adapter(connection: Any) -> Callable[[Row], Row]:
    """Return the function that turns a row into this database's values."""
    zone = timezone.utc if settings.USE_TZ else None
    moment = connection.ops.adapt_datetimefield_value
    address = connection.ops.adapt_ipaddressfield_value
    user = AccessLog._meta.get_field("user")

    def adapt(row: Row) -> Row:
        if not is_clean("".join([value for value in row if value.__class__ is str])):
            row = tuple([clean(value) if value.__class__ is str else value for value in row])
        ts, ip, forwarded_for, user_pk = row[:4]
        user_pk = None if user_pk is None else user.get_db_prep_save(user_pk, connection)
        return (moment(datetime.fromtimestamp(ts, zone)), address(ip), forwarded_for, user_pk, *row[4:])

    return adapt


def is_clean(text: str) -> bool:
    """Return whether every database takes the text as it is; ASCII is the case that costs nothing."""
    return text.isascii() and "\0" not in text


def clean(text: str) -> str:
    """Return the text as every database takes it; a client sends bytes of its choice."""
    if "\0" in text:
        text = text.replace("\0", NO_NUL)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
