"""Counts of events by minute and by hour, as the import has counted them; no event is read for them.

What a clock that was wrong has stamped with a time to come counts when that time has come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Optional

from django.db.models import Sum

from ideolab_accesslog.dashboard.event_types import BAN
from ideolab_accesslog.dashboard.instants import floor
from ideolab_accesslog.dashboard.period import DAY_S, HOUR_S, Period
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.models import EventHour, EventMinute

#: seconds of the steps that EventMinute counts
MINUTE_S = 60


def count_by_step(period: Period, now: datetime) -> Counter[tuple[datetime, str]]:
    """Return the bans of each (step of the timeline, jail)."""
    start, end = to_database(period.find_start(now)), to_database(now)
    if period.step_s < HOUR_S:
        minutes = EventMinute.objects.filter(minute__gte=start, minute__lte=end, type=BAN)
        rows = minutes.values_list("minute", "jail", "count")
    else:
        hours = EventHour.objects.filter(hour__gte=start, hour__lte=end, type=BAN)
        rows = hours.values_list("hour", "jail", "count")
    found: Counter[tuple[datetime, str]] = Counter()
    for when, jail, count in rows:
        found[floor(to_utc(when), period.step_s), jail] += count
    return found


def count_day(now: datetime) -> int:
    """Return the bans of the last 24 hours: whole hours, and the minutes of the one that is partly in it."""
    start = floor(now - timedelta(seconds=DAY_S), MINUTE_S)
    whole = floor(start, HOUR_S) + timedelta(seconds=HOUR_S)
    hours = EventHour.objects.filter(hour__gte=to_database(whole), hour__lte=to_database(now), type=BAN)
    first, last = to_database(start), to_database(whole)
    minutes = EventMinute.objects.filter(minute__gte=first, minute__lt=last, type=BAN)
    return sum(rows.aggregate(found=Sum("count"))["found"] or 0 for rows in (hours, minutes))


def count_since(start: datetime, now: datetime) -> int:
    """Return the bans since an hour or a day began."""
    rows = EventHour.objects.filter(hour__gte=to_database(start), hour__lte=to_database(now), type=BAN)
    return int(rows.aggregate(found=Sum("count"))["found"] or 0)


def count_usual(now: datetime, days: int, seconds: int) -> float:
    """Return the bans of so many seconds, on the average of the last days without the last hour."""
    end = floor(now, HOUR_S) - timedelta(seconds=HOUR_S)
    rows = EventHour.objects.filter(
        hour__gte=to_database(end - timedelta(days=days)), hour__lt=to_database(end), type=BAN
    )
    found = rows.aggregate(found=Sum("count"))["found"] or 0
    return float(found) * seconds / (days * DAY_S)


@dataclass(frozen=True)
class MinuteCounts:
    """The events of the last hour: (minute, type, count) for each jail."""

    rows: tuple[tuple[datetime, str, int], ...]

    def sum(self, kind: str, start: datetime, end: Optional[datetime] = None) -> int:
        """Return the events of a type in the whole minutes from `start` on, before that of `end`."""
        first, last = floor(start, MINUTE_S), floor(end, MINUTE_S) if end else None
        return sum(
            count
            for minute, one, count in self.rows
            if one == kind and first <= minute and (last is None or minute < last)
        )


def read_minutes(now: datetime) -> MinuteCounts:
    """Read the counts of the last hour."""
    start = floor(now - timedelta(seconds=HOUR_S), MINUTE_S)
    found = EventMinute.objects.filter(minute__gte=to_database(start), minute__lte=to_database(now))
    rows = found.values_list("minute", "type", "count")
    return MinuteCounts(tuple((to_utc(minute), kind, count) for minute, kind, count in rows))
