"""Times as the tables have them: with their zone, or on the site's clock where USE_TZ is off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from django.conf import settings
from django.utils.timezone import get_default_timezone, is_naive, make_aware, make_naive


def to_database(when: datetime) -> datetime:
    """Return an aware time as the tables have it; what a page has made its zone changes nothing."""
    return when if settings.USE_TZ else make_naive(when, get_default_timezone())


def to_utc(when: datetime) -> datetime:
    """Return a time of the tables in UTC."""
    return (make_aware(when, get_default_timezone()) if is_naive(when) else when).astimezone(timezone.utc)


def find_writer() -> Callable[[datetime], str]:
    """Return the function that makes the text of a time as the tables have it."""
    return str if settings.USE_TZ else _write_local


def _write_local(when: datetime) -> str:
    return str(to_database(when))
