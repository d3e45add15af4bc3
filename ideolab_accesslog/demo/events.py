"""Stores events of the played attack as the import does, with their counts, and takes both out again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import F

from ideolab_accesslog import databases
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.demo.attack import ID_PREFIX, Line
from ideolab_accesslog.events.rows import insert, parse, rollups
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventMinute

#: rows of one statement: older SQLite takes 999 values
BATCH = 500
#: where a line stands: only an event without an id is told apart by that
_NO_FILE = parse.LinePlace("", 0)


def store_events(lines: Iterable[Line]) -> int:
    """Store these events and count them, each id once; return how many are new."""
    connection, left = connections[databases.events()], iter(lines)
    now, stored = datetime.now(timezone.utc), 0
    while batch := list(islice(left, BATCH)):
        rows = [parse.parse_line(json.dumps(line).encode(), _NO_FILE, now) for line in batch]
        inserted = insert.insert(rows, connection)
        if inserted.refused:
            raise ValueError(f"{inserted.refused[0].row.event_id}: {inserted.refused[0].why}")
        rollups.add(inserted.new, connection)
        stored += len(inserted.new)
    return stored


def withdraw_events() -> int:
    """Delete the played events, and take them out of the counts; return how many."""
    removed = 0
    while batch := list(_find_own_rows()[:BATCH]):
        _uncount([_count_in_utc(event) for event in batch])
        ConnmonEvent.objects.filter(pk__in=[event.pk for event in batch]).delete()
        removed += len(batch)
    return removed


def has_real_events() -> bool:
    """Return whether there is an event that was not played."""
    return bool(ConnmonEvent.objects.exclude(event_id__startswith=ID_PREFIX).exists())


def count_active(now: datetime) -> int:
    """Return how many played bans are in force at this time, which is UTC."""
    bans = _find_own_rows().filter(type=ConnmonEvent.Type.BAN)
    return int(bans.filter(until__gt=to_database(now)).count())


def _find_own_rows() -> Any:
    return ConnmonEvent.objects.filter(event_id__startswith=ID_PREFIX)


def _count_in_utc(event: Any) -> Any:
    """Return the event with its time in UTC, by which it was counted."""
    event.ts = to_utc(event.ts)
    return event


def _uncount(events: Sequence[Any]) -> None:
    """Take events out of the counts by minute, hour and day; what nothing is left of goes."""
    bans = [event for event in events if event.type == ConnmonEvent.Type.BAN]
    for key, number in rollups.count_hours(events).items():
        _subtract(EventHour, {**key._asdict(), "hour": to_database(key.hour)}, number)
    for minute, number in rollups.count_minutes(events).items():
        _subtract(EventMinute, {**minute._asdict(), "minute": to_database(minute.minute)}, number)
    for day, number in rollups.count_days(bans).items():
        _subtract(EventDay, day._asdict(), number)


def _subtract(table: Any, key: Mapping[str, Any], number: int) -> None:
    rows = table.objects.filter(**key)
    # a count that the site's clean-up has taken away meanwhile is not there, and needs nothing
    if not rows.filter(count__lte=number).delete()[0]:
        rows.update(count=F("count") - number)
