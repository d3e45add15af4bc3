"""Times as the site stores them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone


def convert_time(moment: datetime) -> datetime:
    """Return an aware time as the site stores times: aware with USE_TZ, else on the local clock."""
    return moment if settings.USE_TZ else timezone.make_naive(moment)


def make_writer() -> Callable[[datetime], str]:
    """Return the function that makes the text of a time as the site stores it."""
    return str if settings.USE_TZ else _write_local


def _write_local(moment: datetime) -> str:
    return str(timezone.make_naive(moment))
