"""Inserts rows at the least cost for each: COPY where psycopg 3 offers it, executemany elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, Callable

from django.conf import settings
from django.db import connections, transaction

from ideolab_accesslog import databases
from ideolab_accesslog.access import copy
from ideolab_accesslog.access.copy_line import format_row
from ideolab_accesslog.access.counts import RowCounter, row_counter
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.databases.text import is_clean, is_rows_fault, make_fit, to_ascii
from ideolab_accesslog.models import AccessLog

logger = logging.getLogger("ideolab_accesslog")


def insert(rows: Sequence[Row], counter: RowCounter = row_counter) -> int:
    """Store the rows in one transaction and return how many; a row that the table cannot hold is dropped.

    Either all that can be stored is stored and counted, or an error says that nothing is.
    """
    why: list[str] = []
    try:
        _write(rows)
    except Exception as error:
        if not is_rows_fault(error):
            raise
        using = databases.requests()
        fitting = list(map(_fitter(connections[using]), rows))
        with transaction.atomic(using=using):
            why = list(_write_halves(fitting, error))
    for reason in why:
        counter.add_dropped_rows(1, f"the database cannot hold it: {reason}")
    counter.add_written_rows(len(rows) - len(why))
    return len(rows) - len(why)


def _write_halves(rows: Sequence[Row], error: Exception) -> Iterator[str]:
    """Write the halves of a batch by themselves; yield the error of each row that is dropped."""
    if len(rows) == 1:
        yield from _write_plainly(rows[0], error)
        return
    middle = len(rows) // 2
    for half in (rows[:middle], rows[middle:]):
        try:
            _write(half)
        except Exception as own_error:
            if not is_rows_fault(own_error):
                raise
            yield from _write_halves(half, own_error)


def _write_plainly(row: Row, error: Exception) -> Iterator[str]:
    """Write a refused row with the characters that any table holds; yield the error where it is no text's."""
    plain = tuple([to_ascii(value) if isinstance(value, str) else value for value in row])
    try:
        if plain == row:
            raise error
        _write([plain])
    except Exception as own_error:
        if not is_rows_fault(own_error):
            raise
        yield type(own_error).__name__


def _write(rows: Sequence[Row]) -> None:
    connection = connections[databases.requests()]
    if copy.is_possible(connection):
        # one block: a piece for each row would be a call for each, in which requests wait for the interpreter
        lines = b"".join(map(format_row, copy.prepare_keys(rows, connection)))
        with transaction.atomic(using=connection.alias):
            copy.write([lines], connection)
        return
    # before the transaction: it may have to ask what the table can hold
    adapted = list(map(_adapter(connection), rows))
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.executemany(_statement(connection), adapted)


def _statement(connection: Any) -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(AccessLog._meta.get_field(name).column) for name in FIELDS)
    table, values = quote(AccessLog._meta.db_table), ", ".join(["%s"] * len(FIELDS))
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 (names of our own table)


def _adapter(connection: Any) -> Callable[[Row], Row]:
    """Return the function that turns a row into this database's values."""
    zone = timezone.utc if settings.USE_TZ else None
    moment = connection.ops.adapt_datetimefield_value
    address = connection.ops.adapt_ipaddressfield_value
    user = AccessLog._meta.get_field("user")
    fit_row = _fitter(connection)

    def adapt(row: Row) -> Row:
        ts, ip, forwarded_for, user_pk, *others = fit_row(row)
        user_pk = None if user_pk is None else user.get_db_prep_save(user_pk, connection)
        return (moment(datetime.fromtimestamp(ts, zone)), address(ip), forwarded_for, user_pk, *others)

    return adapt


def _fitter(connection: Any) -> Callable[[Row], Row]:
    """Return the function that makes the texts of a row fit the table."""
    fit = make_fit(connection.alias, AccessLog)

    def fit_row(row: Row) -> Row:
        if is_clean("".join([value for value in row if value.__class__ is str])):
            return row
        return tuple([fit(value) if value.__class__ is str else value for value in row])

    return fit_row
