"""Midnights of the site's time zone, with USE_TZ or without."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone


def local(when: datetime) -> datetime:
    """The same instant on the site's clock."""
    return timezone.localtime(when) if timezone.is_aware(when) else when


def midnight(days_ago: int = 0) -> datetime:
    """The midnight with which today, or an earlier day, began."""
    start = local(timezone.now()).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return _made(start - timedelta(days=days_ago))


def next_midnight(start: datetime) -> datetime:
    """The midnight after this one, which may be 23 or 25 hours later."""
    return _made(start.replace(tzinfo=None) + timedelta(days=1))


def parse(text: str) -> datetime:
    """The midnight of `2026-11-22`; ValueError when it is no day."""
    return _made(datetime.strptime(text, "%Y-%m-%d"))


def _made(naive: datetime) -> datetime:
    return timezone.make_aware(naive) if settings.USE_TZ else naive
