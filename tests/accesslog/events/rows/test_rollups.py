"""The counts of a batch."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest
from django.db import connection

from ideolab_accesslog.events.rows import rollups
from ideolab_accesslog.events.rows.parse import LinePlace, parse_line
from ideolab_accesslog.events.rows.rollups import DayKey, HourKey, MinuteKey
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.models import EventDay
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
