"""Played events are stored as the import stores events, on sites with and without time zones."""

from __future__ import annotations

from datetime import datetime, timezone
from random import Random
from typing import Any

import pytest

from ideolab_accesslog.demo import attack, events
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc)


@pytest.mark.django_db
@pytest.mark.parametrize("use_tz", [True, False])
def test_what_was_stored_is_withdrawn(settings: Any, use_tz: bool) -> None:
    """Rows and counts; a second storing of the same events stores none."""
    settings.USE_TZ = use_tz
    settings.TIME_ZONE = "Pacific/Auckland"
    lines = attack.make_lines(600, NOW, Random(1))

    assert [events.store_events(lines), events.store_events(lines)] == [600, 0]
    assert sum(row.count for row in EventHour.objects.all()) == 600
    assert EventDay.objects.get(kind="asn", key="64511", day="2026-11-30").count > 1
    active = events.count_active(NOW)
    assert 50 < active < 300

    assert events.withdraw_events() == 600
    assert [ConnmonEvent.objects.count(), EventHour.objects.count(), EventDay.objects.count()] == [0, 0, 0]


@pytest.mark.django_db
def test_a_count_that_was_cleaned_up_stays_away() -> None:
    """No number falls below zero."""
    events.store_events(attack.make_lines(100, NOW, Random(1)))
    EventHour.objects.all().delete()
    EventDay.objects.update(count=1)

    assert events.withdraw_events() == 100
    assert [EventHour.objects.count(), EventDay.objects.count()] == [0, 0]


@pytest.mark.django_db
def test_real_events() -> None:
    """Those that were not played, also without an id."""
    events.store_events(attack.make_lines(100, NOW, Random(1)))
    assert not events.has_real_events()

    ConnmonEvent.objects.create(ts=NOW, type="suspect", event_id=None)
    assert events.has_real_events()
