"""Stores events of the played attack with their counts by hour and day, and takes both out again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple, Optional

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.dateparse import parse_datetime
from django.utils.timezone import make_naive

from ideolab_accesslog.demo.attack import ID_PREFIX, Line
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour

#: rows of one statement
BATCH = 500
_PLAIN = (
    "type",
    "ip",
    "subnet",
    "count",
    "score",
    "asn",
    "asname",
    "country",
    "reason",
    "jail",
    "bantime",
    "raw",
)


class Hour(NamedTuple):
    """The key of a row of EventHour."""

    hour: datetime
    type: str
    jail: str


class Day(NamedTuple):
    """The key of a row of EventDay."""

    day: date
    kind: str
    key: str


def store_events(lines: Iterable[Line]) -> int:
    """Store these events and count them; return how many. Their ids must be new."""
    stored, left = 0, map(_make_event, lines)
    while batch := list(islice(left, BATCH)):
        ConnmonEvent.objects.bulk_create(batch)
        _count(batch, +1)
        stored += len(batch)
    return stored


def withdraw_events() -> int:
    """Delete the played events, and take them out of the counts; return how many."""
    removed = 0
    while batch := list(ConnmonEvent.objects.filter(event_id__startswith=ID_PREFIX)[:BATCH]):
        _count(batch, -1)
        ConnmonEvent.objects.filter(pk__in=[event.pk for event in batch]).delete()
        removed += len(batch)
    EventHour.objects.filter(count=0).delete()
    EventDay.objects.filter(count=0).delete()
    return removed


def has_real_events() -> bool:
    """Return whether there is an event that was not played."""
    return bool(ConnmonEvent.objects.exclude(event_id__startswith=ID_PREFIX).exists())


def count_active(now: datetime) -> int:
    """Return how many played bans are in force at this time."""
    bans = ConnmonEvent.objects.filter(event_id__startswith=ID_PREFIX, type=ConnmonEvent.Type.BAN)
    return int(bans.filter(until__gt=_fit_zone(now)).count())


def _make_event(line: Line) -> ConnmonEvent:
    return ConnmonEvent(
        ts=_read_time(line["ts"]),
        until=_read_time(line["until"]),
        prefix=line["origin"],
        namespace=line["in"],
        event_id=line["id"],
        **{name: line[name] for name in _PLAIN},
    )


def _read_time(text: Optional[str]) -> Optional[datetime]:
    found = parse_datetime(text) if text else None
    return None if found is None else _fit_zone(found)


def _fit_zone(at: datetime) -> datetime:
    """Return the time as the tables have it: without a zone where the site has none."""
    return at if settings.USE_TZ else make_naive(at)


def _count(events: Iterable[ConnmonEvent], sign: int) -> None:
    """Add events to the counts by hour and day, or with -1 take them away."""
    hours: Counter[Hour] = Counter()
    days: Counter[Day] = Counter()
    names = {}
    for event in events:
        hour = event.ts.replace(minute=0, second=0, microsecond=0)
        hours[Hour(hour, event.type, event.jail or "")] += sign
        if event.type == ConnmonEvent.Type.BAN:
            days.update(dict.fromkeys(_list_days(event), sign))
            names[event.asn] = event.asname
    for hour_key, number in hours.items():
        _add(EventHour, hour_key._asdict(), {}, number)
    for day_key, number in days.items():
        name = names.get(day_key.key) if day_key.kind == "asn" else None
        _add(EventDay, day_key._asdict(), {"name": name or ""}, number)


def _list_days(event: ConnmonEvent) -> Iterator[Day]:
    day, subnet = event.ts.date(), event.subnet
    if event.asn:
        yield Day(day, "asn", event.asn)
    if event.country:
        yield Day(day, "country", event.country)
    if subnet:
        kind = "network6" if ":" in subnet else "network4"
        yield Day(day, kind, subnet)


def _add(table: Any, key: dict[str, Any], new: dict[str, Any], number: int) -> None:
    """Add to one count. Where it would fall below zero, an older run has cleaned it up: it becomes zero."""
    row, is_new = table.objects.get_or_create(**key, defaults={**new, "count": max(0, number)})
    if not is_new:
        table.objects.filter(pk=row.pk).update(count=Greatest(F("count") + number, 0))
