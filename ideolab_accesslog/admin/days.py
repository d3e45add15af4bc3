"""Days of the site's time zone and the midnights between them, with USE_TZ or without."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def to_local(when: datetime) -> datetime:
    """Return the same instant on the site's clock; in UTC at the ends of the calendar."""
    try:
        return timezone.localtime(when) if timezone.is_aware(when) else when
    except OverflowError:
        return when


def midnight(days_ago: int = 0) -> datetime:
    """Return the midnight with which today, or an earlier day, began."""
    start = to_local(timezone.now()).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return _localize(start - timedelta(days=days_ago))


def next_midnight(start: datetime) -> datetime:
    """Return the midnight after `start`, which may be 23 or 25 hours later."""
    return _localize(start.replace(tzinfo=None) + timedelta(days=1))


def parse_day(text: str) -> datetime:
    """Return the midnight with which `2026-11-22` began; ValueError when the text is no day."""
    return _localize(datetime.strptime(text, "%Y-%m-%d"))


def _localize(naive: datetime) -> datetime:
    return timezone.make_aware(naive) if settings.USE_TZ else naive
