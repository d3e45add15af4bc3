"""Counts new events by minute and hour and new bans by day, with one statement for each table and batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from datetime import timezone as zones
from typing import Any, NamedTuple, Union

from ideolab_accesslog.databases.times import to_database
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventMinute

#: rows of one statement: older SQLite takes 999 values
ROWS = 190
#: for which minutes are kept: the page shows those of an hour, and counts 24 hours to the minute
MINUTES_KEPT = timedelta(days=2)
_BAN = str(ConnmonEvent.Type.BAN)
_ASN = str(EventDay.Kind.ASN)
_COUNTRY = str(EventDay.Kind.COUNTRY)
_NETWORK4 = str(EventDay.Kind.NETWORK4)
_NETWORK6 = str(EventDay.Kind.NETWORK6)


class HourKey(NamedTuple):
    """One row of EventHour."""

    hour: datetime
    type: str
    jail: str


class MinuteKey(NamedTuple):
    """One row of EventMinute."""

    minute: datetime
    type: str
    jail: str


class DayKey(NamedTuple):
    """One row of EventDay."""

    day: date
    kind: str
    key: str


def add(rows: Sequence[EventRow], connection: Any) -> None:
    """Add the rows to all three tables."""
    hours = count_hours(rows)
    bans = [row for row in rows if row.type == _BAN]
    days, names = count_days(bans), find_names(bans)
    adapt_day = connection.ops.adapt_datefield_value
    _upsert(connection, EventHour, ("hour", "type", "jail"), ("count",), _list_times(hours, connection))
    _add_minutes(rows, connection)
    _upsert(
        connection,
        EventDay,
        ("day", "kind", "key"),
        ("count", "name"),
        [(adapt_day(key.day), key.kind, key.key, days[key], _find_name(key, names)) for key in sorted(days)],
    )


def _add_minutes(rows: Iterable[EventRow], connection: Any) -> None:
    """Add the rows to the minutes, and delete the minutes that are over."""
    oldest = datetime.now(zones.utc) - MINUTES_KEPT
    minutes = count_minutes(row for row in rows if row.ts >= oldest)
    _upsert(connection, EventMinute, ("minute", "type", "jail"), ("count",), _list_times(minutes, connection))
    if minutes:
        EventMinute.objects.using(connection.alias).filter(minute__lt=to_database(oldest)).delete()


def _list_times(
    counts: Union[Mapping[HourKey, int], Mapping[MinuteKey, int]], connection: Any
) -> list[tuple[Any, ...]]:
    """Return the rows of hours or minutes, each key once.

    A site's clock that is put back has two hours of one name without USE_TZ; PostgreSQL takes no row twice.
    """
    adapt_time, found = connection.ops.adapt_datetimefield_value, Counter[tuple[Any, str, str]]()
    for (when, kind, jail), count in counts.items():
        found[adapt_time(to_database(when)), kind, jail] += count
    return [(*key, found[key]) for key in sorted(found)]


def count_hours(rows: Iterable[EventRow]) -> Mapping[HourKey, int]:
    """Return how many events each hour, type and jail has."""
    # numbers, because a time takes longest to be counted
    found = Counter((row.ts.toordinal(), row.ts.hour, row.type, row.jail or "") for row in rows)
    return {
        HourKey(_make_time(day, hour), kind, jail): count for (day, hour, kind, jail), count in found.items()
    }


def count_minutes(rows: Iterable[EventRow]) -> Mapping[MinuteKey, int]:
    """Return how many events each minute, type and jail has."""
    found = Counter(
        (row.ts.toordinal(), row.ts.hour, row.ts.minute, row.type, row.jail or "") for row in rows
    )
    return {
        MinuteKey(_make_time(day, hour, minute), kind, jail): count
        for (day, hour, minute, kind, jail), count in found.items()
    }


def _make_time(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(date.fromordinal(day), time(hour, minute, tzinfo=zones.utc))


def count_days(bans: Sequence[EventRow]) -> Mapping[DayKey, int]:
    """Return how many bans each AS, country and network has on a day."""
    counts = {
        _ASN: Counter((row.ts.toordinal(), row.asn) for row in bans),
        _COUNTRY: Counter((row.ts.toordinal(), row.country) for row in bans),
        _NETWORK4: Counter((row.ts.toordinal(), row.subnet) for row in bans),
    }
    return {
        DayKey(date.fromordinal(day), _NETWORK6 if kind == _NETWORK4 and ":" in key else kind, key): count
        for kind, found in counts.items()
        for (day, key), count in found.items()
        if key
    }


def find_names(bans: Iterable[EventRow]) -> Mapping[str, str]:
    """Return {AS number: its name in the latest ban}."""
    return {row.asn: row.asname for row in bans if row.asn and row.asname}


def _find_name(key: DayKey, names: Mapping[str, str]) -> str:
    return names.get(key.key, "") if key.kind == _ASN else ""


def _upsert(
    connection: Any, model: Any, keys: Sequence[str], others: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert the rows, or add their counts to those that are there; a name that is known replaces one."""
    columns = (*keys, *others)
    head, tail = _make_head(connection, model, columns), _make_conflict(connection, model, keys, others)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and rows:
            types = [model._meta.get_field(name).db_type(connection) for name in columns]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            unnest = f"SELECT * FROM unnest({arrays})"  # noqa: S608 (types of our own fields)
            cursor.execute(f"{head} {unnest} {tail}", [*map(_write_array, zip(*rows))])
            return
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            values = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(part))
            cursor.execute(f"{head} VALUES {values} {tail}", [value for row in part for value in row])


def _write_array(values: Iterable[Any]) -> str:
    """Return an array as PostgreSQL reads it: in a fifth of the time that the driver takes."""
    texts = [str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(texts) + '"}'


def _make_head(connection: Any, model: Any, columns: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"


def _make_conflict(connection: Any, model: Any, keys: Sequence[str], others: Sequence[str]) -> str:
    """Return the end of the statement: what happens to a row that is there already."""
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    is_mysql = connection.vendor == "mysql"

    def new(name: str) -> str:
        return f"VALUES({quote(name)})" if is_mysql else f"excluded.{quote(name)}"

    def change(name: str) -> str:
        old = f"{table}.{quote(name)}"
        if name == "count":
            return f"{quote(name)} = {old} + {new(name)}"
        return f"{quote(name)} = CASE WHEN {new(name)} = '' THEN {old} ELSE {new(name)} END"

    target = ", ".join(map(quote, keys))
    conflict = "ON DUPLICATE KEY UPDATE" if is_mysql else f"ON CONFLICT ({target}) DO UPDATE SET"
    return f"{conflict} {', '.join(map(change, others))}"
