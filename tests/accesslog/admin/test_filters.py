"""The filters of the admin lists."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import django
import pytest
from django.utils import timezone as django_timezone

from ideolab_accesslog.admin import filters
from ideolab_accesslog.models import AccessLog, TrashIP


def _apply(kind: Any, value: str | None, queryset: Any) -> Any:
    # before 5.0 the last value of the query came without its list
    given: Any = [value] if django.VERSION >= (5,) else value
    values = {} if value is None else {kind.parameter_name: given}
    return kind(None, values, queryset.model, None).queryset(None, queryset)


def _request(path: str, **fields: Any) -> None:
    AccessLog.objects.create(**{"path": path, "method": "GET", "status_code": 200, **fields})


def _paths(kind: Any, value: str | None) -> list[str]:
    return sorted(row.path for row in _apply(kind, value, AccessLog.objects.all()))


@pytest.mark.django_db
def test_periods_and_days() -> None:
    """A day ends at the site's midnight; what is no day filters nothing."""
    now = django_timezone.now()
    for name, ago in (("minute", 1), ("hours", 120), ("days", 3 * 24 * 60), ("old", 60 * 24 * 60)):
        _request(name, ts=now - timedelta(minutes=ago))
    kind = filters.PeriodFilter
    assert _paths(kind, "1h") == ["minute"]
    assert _paths(kind, "24h") == ["hours", "minute"]
    assert _paths(kind, "7d") == ["days", "hours", "minute"]
    assert _paths(kind, f"{django_timezone.localtime(now - timedelta(days=60)):%Y-%m-%d}") == ["old"]
    assert len(_paths(kind, "yesterday")) == len(_paths(kind, None)) == 4


@pytest.mark.django_db
def test_a_day_of_a_time_change_has_its_own_length() -> None:
    """The last Sunday of October has 25 hours in Paris."""
    for hour in (21, 22, 23):
        _request(f"{hour} before", ts=datetime(2026, 10, 24, hour, 30, tzinfo=timezone.utc))
        _request(f"{hour} after", ts=datetime(2026, 10, 25, hour, 30, tzinfo=timezone.utc))
    with django_timezone.override("Europe/Paris"):
        found = _paths(filters.PeriodFilter, "2026-10-25")
    assert found == ["21 after", "22 after", "22 before", "23 before"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (filters.StatusFilter, "2xx", ["ok"]),
        (filters.StatusFilter, "404", ["missing"]),
        (filters.StatusFilter, "4xx", ["missing", "refused"]),
        (filters.StatusFilter, "teapot", ["missing", "ok", "refused"]),
        (filters.MethodFilter, "POST", ["refused"]),
        (filters.MethodFilter, "BREW", ["missing", "ok", "refused"]),
        (filters.SlowFilter, "1000", ["refused"]),
        (filters.SlowFilter, "x", ["missing", "ok", "refused"]),
    ],
)
def test_classes_of_requests(kind: Any, value: str, expected: list[str]) -> None:
    """A value that is no choice filters nothing."""
    _request("ok", duration_ms=3.0)
    _request("missing", status_code=404)
    _request("refused", status_code=403, method="POST", duration_ms=1500.0)
    assert _paths(kind, value) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("active", ["198.51.100.1", "198.51.100.2"]),
        ("permanent", ["198.51.100.1"]),
        ("expired", ["198.51.100.3"]),
        ("missing", ["198.51.100.2", "198.51.100.3"]),
        ("none", ["198.51.100.4"]),
        (None, ["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"]),
    ],
)
def test_bans(settings: Any, value: str | None, expected: list[str]) -> None:
    """Wanted, over, and not confirmed are three different things."""
    settings.TRASHIP_FIREWALL_EXECUTE = True
    settings.TRASHIP_FIREWALL_TRANSPORT = "helper"
    now = django_timezone.now()
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True, iptables_applied=True)
    TrashIP.objects.create(ip="198.51.100.2", is_banned=True, ban_until=now + timedelta(hours=1))
    TrashIP.objects.create(ip="198.51.100.3", is_banned=True, ban_until=now - timedelta(hours=1))
    TrashIP.objects.create(ip="198.51.100.4")
    found = _apply(filters.BannedFilter, value, TrashIP.objects.all())
    assert sorted(row.ip for row in found) == expected


@pytest.mark.django_db
def test_a_site_without_a_firewall_misses_no_confirmation() -> None:
    """With TRASHIP_FIREWALL_EXECUTE off nothing could confirm a ban."""
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True)
    assert list(_apply(filters.BannedFilter, "missing", TrashIP.objects.all())) == []
