"""Instants of the page: always UTC and with their zone, also where the site has USE_TZ off."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Optional

from ideolab_accesslog.databases.times import to_utc

UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_clock() -> datetime:
    """Return the time of now."""
    return datetime.now(UTC)


def floor(when: datetime, step_s: int) -> datetime:
    """Return the beginning of the step, counted from 1970, that a time is in."""
    return _EPOCH + timedelta(seconds=int((when - _EPOCH).total_seconds()) // step_s * step_s)


def to_iso(when: Optional[datetime]) -> Optional[str]:
    """Return `2026-11-22T14:52:01+00:00`."""
    return None if when is None else to_utc(when).isoformat(timespec="seconds")
