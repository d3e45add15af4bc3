"""Days of the site's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.utils import timezone as django_timezone

from ideolab_accesslog.admin import days


def test_a_day_begins_at_the_sites_midnight() -> None:
    """23:30 UTC is the next day in Paris; the day of the time change has 25 hours."""
    with django_timezone.override("Europe/Paris"):
        start = days.parse_day("2026-10-25")
        end = days.next_midnight(start)
        late = days.to_local(datetime(2026, 11, 20, 23, 30, tzinfo=timezone.utc))

    assert start.astimezone(timezone.utc) == datetime(2026, 10, 24, 22, tzinfo=timezone.utc)
    assert end.astimezone(timezone.utc) == datetime(2026, 10, 25, 23, tzinfo=timezone.utc)
    assert late.isoformat() == "2026-11-21T00:30:00+01:00"


def test_midnights_of_earlier_days() -> None:
    """Today began less than a day ago; two days are 48 hours in UTC."""
    today = days.midnight()

    assert timedelta(0) <= django_timezone.now() - today < timedelta(days=1)
    assert today - days.midnight(2) == timedelta(days=2)


def test_without_time_zones(settings: Any) -> None:
    """USE_TZ off: all times are naive."""
    settings.USE_TZ = False
    naive = datetime(2026, 11, 22)

    assert days.parse_day("2026-11-22") == naive
    assert days.next_midnight(naive) == datetime(2026, 11, 23)
    assert days.to_local(naive) == naive
    assert days.midnight().tzinfo is None


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "22.11.2026"])
def test_what_is_no_day(text: str) -> None:
    """An error, which the filter takes for no choice."""
    with pytest.raises(ValueError):
        days.parse_day(text)


@pytest.mark.parametrize(
    ("zone", "when"), [("Europe/Paris", datetime.max), ("America/New_York", datetime.min)]
)
def test_the_ends_of_the_calendar(zone: str, when: datetime) -> None:
    """A ban until the last hour of 9999 is shown, in UTC."""
    with django_timezone.override(zone):
        assert days.to_local(when.replace(tzinfo=timezone.utc)) == when.replace(tzinfo=timezone.utc)
