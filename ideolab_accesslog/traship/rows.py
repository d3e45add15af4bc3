"""Adds offences to the TrashIP rows of their addresses: one statement per batch, safe beside writers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connections, router, transaction
from django.db.models import F

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.databases.text import Fit, is_rows_fault, make_fit, to_ascii
from ideolab_accesslog.models import OffenceLog, TrashIP
from ideolab_accesslog.scheduler import give_back_connections
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.traship.offence import (
    AGENT_MAX,
    BURST,
    CRAWLER,
    CROSS_SITE,
    PATH_MAX,
    SENSITIVE,
    Offence,
    OffenceSum,
    clean_method,
)

logger = logging.getLogger("ideolab_accesslog")

#: rows of one statement
ROWS = 200
#: columns to which a statement adds, and those that it replaces
_COUNTS = ("count_hits", "count_404", "count_sensitive")
_LATEST = ("last_path", "last_user_agent", "last_seen")
#: {reason of a row: the reasons that it replaces}; what a person entered stays
_OUTWEIGHED = {SENSITIVE: (BURST, CROSS_SITE, CRAWLER), BURST: (CROSS_SITE, CRAWLER)}


def write(sums: Mapping[str, OffenceSum]) -> None:
    """Add the sums to the rows of their addresses.

    The addresses are sorted, so that two writers do not wait for each other. Raises DatabaseError and
    InterfaceError when the database does not work; a sum that it refuses is dropped.
    """
    connection = connections[router.db_for_write(TrashIP)]
    fit = make_fit(connection.alias, TrashIP)
    rows = iter([_make_row(address, sums[address], fit) for address in sorted(sums)])
    room = connection.features.max_query_params or ROWS * 50
    size = max(1, min(ROWS, room // len(_fields())))
    while batch := list(islice(rows, size)):
        try:
            _write(connection, batch)
        except Exception as error:
            if not _is_refused(error):
                raise
            _write_one_by_one(connection, batch)
    give_back_connections()


def _is_refused(error: Exception) -> bool:
    """Return whether the database works and refuses these rows: no later attempt can store them."""
    is_refusal = isinstance(error, DatabaseError) and not isinstance(error, OperationalError)
    return is_rows_fault(error) or is_refusal


def _write(connection: Any, batch: list[TrashIP]) -> None:
    with transaction.atomic(using=connection.alias):
        _STATEMENTS.get(connection.vendor, _update_or_insert)(connection, batch)


def _write_one_by_one(connection: Any, batch: list[TrashIP]) -> None:
    """Write each row by itself: one that the database refuses must not keep the others."""
    for row in batch:
        try:
            _write(connection, [row])
        except Exception as error:
            if not _is_refused(error):
                raise
            _write_plainly(connection, row)


def _write_plainly(connection: Any, row: TrashIP) -> None:
    """Write a refused row with the characters that any table holds; what is refused again is dropped."""
    row.last_path, row.last_user_agent = to_ascii(row.last_path), to_ascii(row.last_user_agent)
    try:
        _write(connection, [row])
    except Exception as error:
        if not _is_refused(error):
            raise
        logger.warning("an address of TrashIP cannot be stored: %s", error)
        dropped.send_robust(sender=TrashIP, count=1, why="the database refuses a suspect")


def _make_row(address: str, total: OffenceSum, fit: Fit) -> TrashIP:
    return TrashIP(
        ip=address,
        reason=total.reason,
        count_hits=total.hits,
        count_404=total.missing,
        count_sensitive=total.sensitive,
        last_path=fit(_clean(total.path, PATH_MAX)),
        last_user_agent=fit(_clean(total.agent, AGENT_MAX)),
        first_seen=_to_datetime(total.first),
        last_seen=_to_datetime(total.last),
    )


def _clean(text: str, length: int) -> str:
    """Return a text that PostgreSQL and MySQL accept: without NUL and without half characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")[:length]


def _to_datetime(seconds: float) -> datetime:
    when = datetime.fromtimestamp(seconds, timezone.utc)
    return when if settings.USE_TZ else when.astimezone().replace(tzinfo=None)


def _fields() -> list[Any]:
    return [field for field in TrashIP._meta.concrete_fields if not field.primary_key]


def _insert_on_conflict(connection: Any, batch: list[TrashIP]) -> None:
    table, quote = connection.ops.quote_name(TrashIP._meta.db_table), connection.ops.quote_name
    parts = [f"{name} = {table}.{quote(name)} + excluded.{quote(name)}" for name in _COUNTS]
    parts += [f"{name} = excluded.{quote(name)}" for name in _LATEST]
    parts.append(f"reason = {_choose_reason(f'{table}.reason', 'excluded.reason')}")
    _insert(connection, batch, f"ON CONFLICT (ip) DO UPDATE SET {', '.join(parts)}")


def _insert_on_duplicate_key(connection: Any, batch: list[TrashIP]) -> None:
    parts = [f"{name} = {name} + VALUES({name})" for name in _COUNTS]
    parts += [f"{name} = VALUES({name})" for name in _LATEST]
    parts.append(f"reason = {_choose_reason('reason', 'VALUES(reason)')}")
    _insert(connection, batch, f"ON DUPLICATE KEY UPDATE {', '.join(parts)}")


def _choose_reason(old: str, new: str) -> str:
    """Return the SQL of the new reason: a sensitive path outweighs missing pages; a person's stays."""
    parts = [
        f"({new} = '{reason}' AND {old} IN ({', '.join(repr(one) for one in outweighed)}))"
        for reason, outweighed in _OUTWEIGHED.items()
    ]
    return f"CASE WHEN {' OR '.join(parts)} THEN {new} ELSE {old} END"


def _insert(connection: Any, batch: list[TrashIP], otherwise: str) -> None:
    fields = _fields()
    names = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(batch))
    table = connection.ops.quote_name(TrashIP._meta.db_table)
    values = [
        field.get_db_prep_save(getattr(row, field.attname), connection) for row in batch for field in fields
    ]
    with connection.cursor() as cursor:
        # the names are ours, every value is a parameter
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES {marks} {otherwise}", values)  # noqa: S608


def _update_or_insert(connection: Any, batch: list[TrashIP]) -> None:
    """Write rows to a database that has neither statement."""
    rows = TrashIP.objects.using(connection.alias)
    for row in batch:
        changes: dict[str, Any] = {name: F(name) + getattr(row, name) for name in _COUNTS}
        changes.update({name: getattr(row, name) for name in _LATEST})
        if not rows.filter(ip=row.ip).update(**changes):
            row.save(using=connection.alias, force_insert=True)
        elif row.reason in _OUTWEIGHED:
            rows.filter(ip=row.ip, reason__in=_OUTWEIGHED[row.reason]).update(reason=row.reason)


_STATEMENTS = {
    "sqlite": _insert_on_conflict,
    "postgresql": _insert_on_conflict,
    "mysql": _insert_on_duplicate_key,
}


def make_offence_row(offence: Offence) -> OffenceLog:
    """Return the row of one offence for the page of its address."""
    return OffenceLog(
        ts=_to_datetime(offence.when),
        ip=offence.address,
        client_ip=offence.client or None,
        reason=offence.reason,
        rule=offence.rule,
        method=clean_method(offence.method),
        path=to_printable(offence.path, PATH_MAX),
        status_code=offence.status,
        user_agent=to_printable(offence.agent, AGENT_MAX),
    )
