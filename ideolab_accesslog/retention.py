"""Deletes old rows in batches, each its own short transaction, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ideolab_accesslog import databases
from ideolab_accesslog.models import (
    AccessLog,
    ConnmonEvent,
    EventDay,
    EventHour,
    FirewallActionLog,
    OffenceLog,
    TrashIP,
)

#: rows of one transaction: some tenths of a second
BATCH = 5000


def requests(before: datetime) -> QuerySet[Any]:
    """Return the rows of the access log from before this time."""
    return AccessLog.objects.using(databases.requests()).filter(ts__lt=before).order_by("ts", "id")


def addresses(before: datetime) -> QuerySet[Any]:
    """Return the rows of TrashIP last seen before, without those that are banned or in the firewall."""
    rows = TrashIP.objects.filter(last_seen__lt=before, is_banned=False, iptables_applied=False)
    return rows.order_by("last_seen", "id")


def offences(before: datetime) -> QuerySet[Any]:
    """Return the offences from before this time."""
    return OffenceLog.objects.filter(ts__lt=before).order_by("ts", "id")


def actions(before: datetime) -> QuerySet[Any]:
    """Return the rows of the audit from before this time."""
    return FirewallActionLog.objects.filter(ts__lt=before).order_by("ts", "id")


def events(before: datetime) -> QuerySet[Any]:
    """Return the events from before this time."""
    return ConnmonEvent.objects.filter(ts__lt=before).order_by("ts", "id")


def event_hours(before: datetime) -> QuerySet[Any]:
    """Return the counts of hours before this time."""
    return EventHour.objects.filter(hour__lt=before).order_by("hour", "id")


def event_days(before: datetime) -> QuerySet[Any]:
    """Return the counts of days before the day of this time."""
    return EventDay.objects.filter(day__lt=before.date()).order_by("day", "id")


def delete(rows: QuerySet[Any], batch: int = BATCH) -> Iterator[int]:
    """Delete the rows in batches, each its own transaction; yield how many each batch was."""
    while True:
        # a subquery with LIMIT is not for MySQL; the condition stays, for a row may change in between
        keys = list(rows.values_list("pk", flat=True)[:batch])
        if not keys:
            return
        count = rows.order_by().filter(pk__in=keys).delete()[0]
        yield count
        if not count:
            return
