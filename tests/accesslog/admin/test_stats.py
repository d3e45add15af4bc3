"""The numbers of the stats page."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta, timezone

import pytest
from django.utils import timezone as django_timezone

from ideolab_accesslog.admin.stats import count_by_day, read_stats
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from tests.accesslog.conftest import VENDORS


def _action(action: str, days_ago: int, state: str = "done") -> None:
    FirewallActionLog.objects.create(
        ts=django_timezone.now() - timedelta(days=days_ago),
        batch=uuid.uuid4(),
        actor_name="alice",
        action=action,
        ip="198.51.100.7",
        state=state,
    )


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_bans_and_unbans_are_counted_by_day(database: str) -> None:
    """Failed and unfinished actions are no bans; a check is none either."""
    for action, days_ago, state in (
        *(("ban", 0, "done"), ("ban", 0, "skipped"), ("ban", 0, "failed"), ("ban", 0, "pending")),
        *(("unban", 1, "done"), ("check", 1, "done"), ("ban", 40, "done")),
    ):
        _action(action, days_ago, state)
    found = read_stats(7)
    assert [(day.bans, day.unbans) for day in found.days] == [(0, 0)] * 5 + [(0, 1), (2, 0)]
    assert (found.failed_count, found.is_cut) == (1, False)


@pytest.mark.django_db
def test_active_bans_are_those_whose_time_is_not_over() -> None:
    """An expired row is not active even before unban_expired comes by."""
    now = django_timezone.now()
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True, iptables_applied=True)
    TrashIP.objects.create(ip="198.51.100.2", is_banned=True, ban_until=now + timedelta(hours=1))
    TrashIP.objects.create(ip="198.51.100.3", is_banned=True, ban_until=now - timedelta(hours=1))
    TrashIP.objects.create(ip="198.51.100.4")
    found = read_stats(7)
    assert {row.ip for row in found.active} == {"198.51.100.1", "198.51.100.2"}
    assert (found.active_count, found.missing_count) == (2, 0)


@pytest.mark.django_db
def test_top_scanners_are_ranked_by_all_their_offences() -> None:
    """One who asks for sensitive paths only is a scanner too."""
    TrashIP.objects.create(ip="198.51.100.1", count_404=5)
    TrashIP.objects.create(ip="198.51.100.2", count_sensitive=9)
    TrashIP.objects.create(ip="198.51.100.3", count_404=4, count_sensitive=6)
    TrashIP.objects.create(ip="198.51.100.4", count_hits=1000)
    assert [row.ip for row in read_stats(7).scanners] == ["198.51.100.3", "198.51.100.2", "198.51.100.1"]


def test_days_are_those_of_the_sites_time_zone() -> None:
    """A ban at 23:30 UTC is one of the next day in Paris."""
    late = datetime(2026, 11, 20, 23, 30, tzinfo=timezone.utc)
    with django_timezone.override("Europe/Paris"):
        days = count_by_day([(late, "ban"), (late, "unban"), (late, "ban")], date(2026, 11, 20), 2)
    assert [(day.day.isoformat(), day.bans, day.unbans) for day in days] == [
        ("2026-11-20", 0, 0),
        ("2026-11-21", 2, 1),
    ]
