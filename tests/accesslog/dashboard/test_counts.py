"""Counts come from the import's own, in UTC."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ideolab_accesslog.dashboard import counts
from ideolab_accesslog.dashboard.period import PERIODS
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW, add_event

HOUR = 3600
DAY = 24 * HOUR


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_steps_of_each_period(database: str) -> None:
    """Bans by step and jail; no other event, none of before."""
    for ago_s, jail in ((60, "sshd"), (70, "sshd"), (70, "recidive"), (2 * HOUR, "sshd"), (40 * DAY, "sshd")):
        add_event(ago_s=ago_s, jail=jail)
    add_event("suspect")
    found = {
        name: {(step.isoformat()[5:16], jail): count for (step, jail), count in rows.items()}
        for name, rows in ((name, counts.count_by_step(PERIODS[name], NOW)) for name in PERIODS)
    }
    assert found == {
        "1h": {("11-22T14:51", "sshd"): 2, ("11-22T14:51", "recidive"): 1},
        "24h": {("11-22T14:00", "sshd"): 2, ("11-22T14:00", "recidive"): 1, ("11-22T12:00", "sshd"): 1},
        "7d": {("11-22T12:00", "sshd"): 3, ("11-22T12:00", "recidive"): 1},
        "30d": {("11-22T00:00", "sshd"): 3, ("11-22T00:00", "recidive"): 1},
    }


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_24_hours_to_the_minute(database: str) -> None:
    """The hour that is partly in them counts by its minutes."""
    assert counts.count_day(NOW) == 0
    for ago_s in (60, 23 * HOUR, DAY - 60, DAY + 120):
        add_event(ago_s=ago_s)

    assert counts.count_day(NOW) == 3


@pytest.mark.django_db
def test_the_usual_number() -> None:
    """Of ten minutes, on the average of the days before the last hour."""
    for ago_s in (60, 3 * HOUR, 3 * HOUR, 9 * DAY):
        add_event(ago_s=ago_s)

    assert counts.count_usual(NOW, 7, 600) == pytest.approx(2 / (7 * 144))
    assert counts.count_since(NOW - timedelta(days=1), NOW) == 3


@pytest.mark.django_db
def test_the_minutes_of_the_last_hour() -> None:
    """By type, and with the newest ones left out."""
    for kind, ago_s in (("ban", 30), ("ban", 580), ("suspect", 30), ("suspect", 400), ("ban", 2 * HOUR)):
        add_event(kind, ago_s)
    minutes = counts.read_minutes(NOW)
    start, end = NOW - timedelta(seconds=600), NOW - timedelta(seconds=120)

    assert [minutes.sum(kind, start) for kind in ("ban", "suspect", "unban")] == [2, 2, 0]
    assert [minutes.sum(kind, start, end) for kind in ("ban", "suspect")] == [1, 1]
