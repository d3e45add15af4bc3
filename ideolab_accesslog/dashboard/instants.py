"""Instants of the page: always UTC and with their zone, also where the site has USE_TZ off."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Optional

from django.conf import settings
from django.utils import timezone as site_time

UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_clock() -> datetime:
    """Return the time of now."""
    return datetime.now(UTC)


def to_utc(when: datetime) -> datetime:
    """Return a time of the database in UTC."""
    return (site_time.make_aware(when) if site_time.is_naive(when) else when).astimezone(UTC)


def to_database(when: datetime) -> datetime:
    """Return a time as the database is asked for it."""
    return when if settings.USE_TZ else site_time.make_naive(when)


def floor(when: datetime, step_s: int) -> datetime:
    """Return the beginning of the step, counted from 1970, that a time is in."""
    return _EPOCH + timedelta(seconds=int((when - _EPOCH).total_seconds()) // step_s * step_s)


def to_iso(when: Optional[datetime]) -> Optional[str]:
    """Return `2026-11-22T14:52:01+00:00`."""
    return None if when is None else to_utc(when).isoformat(timespec="seconds")
