"""The counts of a batch."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection

from ideolab_accesslog.events.rows import rollups
from ideolab_accesslog.events.rows.parse import LinePlace, parse_line
from ideolab_accesslog.events.rows.rollups import DayKey, HourKey, MinuteKey
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.models import EventDay, EventHour, EventMinute
from tests.accesslog.conftest import VENDORS
from tests.accesslog.events.event_lines import make_line

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)


def parse(**fields: object) -> EventRow:
    return parse_line(make_line(**fields), LinePlace("x", 1), NOW)


def test_what_is_counted() -> None:
    """Hours and minutes of UTC; no text stands for no jail, and what a ban does not know is not counted."""
    rows = [
        parse(ts="2026-11-22T23:59:59.999+00:00"),
        parse(ts="2026-11-23T01:59:01+02:00", ip="2001:db8::7"),
        parse(ts="2026-11-23T00:00:00Z", jail=None, asn=None, country=None, ip=None, subnet="192.0.2.0/24"),
    ]
    evening, night = (datetime(2026, 11, day, hour, tzinfo=timezone.utc) for day, hour in ((22, 23), (23, 0)))

    assert rollups.count_hours(rows) == {
        HourKey(evening, "ban", "ideolab-connmon"): 2,
        HourKey(night, "ban", ""): 1,
    }
    assert rollups.count_minutes(rows) == {
        MinuteKey(evening.replace(minute=59), "ban", "ideolab-connmon"): 2,
        MinuteKey(night, "ban", ""): 1,
    }
    assert rollups.count_days(rows) == {
        DayKey(date(2026, 11, 22), "asn", "64500"): 2,
        DayKey(date(2026, 11, 22), "country", "FR"): 2,
        DayKey(date(2026, 11, 22), "network4", "198.51.100.0/24"): 1,
        DayKey(date(2026, 11, 22), "network6", "2001:db8::/64"): 1,
        DayKey(date(2026, 11, 23), "network4", "192.0.2.0/24"): 1,
    }


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_hostile_names_are_counted_as_they_are(database: str) -> None:
    """What has a meaning in an array of PostgreSQL; a later name replaces one."""
    name = 'a"b\\c{},\t\n NULL \u00e9'
    for asname in ("first", name, None):
        rollups.add([parse(asname=asname)], connection)

    found = EventDay.objects.filter(kind="asn").values_list("day", "key", "name", "count")
    assert list(found) == [(date(2026, 11, 22), "64500", name, 3)]


@pytest.mark.root
@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_a_clock_that_is_put_back(database: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without USE_TZ the site's clock has one hour of autumn twice: its counts are one row, and the sum."""
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Paris"
    monkeypatch.setattr(rollups, "MINUTES_KEPT", timedelta(days=4000))
    rows = [parse(ts=f"2026-10-25T{hour:02}:30:00+00:00") for hour in (0, 1, 1)]
    rollups.add(rows, connection)
    rollups.add(rows, connection)

    hour = datetime(2026, 10, 25, 2)
    assert list(EventHour.objects.values_list("hour", "count")) == [(hour, 6)]
    assert list(EventMinute.objects.values_list("minute", "count")) == [(hour.replace(minute=30), 6)]
