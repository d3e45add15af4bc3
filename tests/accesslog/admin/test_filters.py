"""The filters of the admin lists."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import django
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone as django_timezone

from ideolab_accesslog.admin import filters
from ideolab_accesslog.models import AccessLog, TrashIP


def _apply(kind: Any, value: str | None, queryset: Any) -> Any:
    values = {} if value is None else {kind.parameter_name: value}
    return _make(kind, queryset.model, **values).queryset(None, queryset)


def _make(kind: Any, model: Any, **values: str) -> Any:
    # before 5.0 the last value of the query came without its list
    given = {name: [value] if django.VERSION >= (5,) else value for name, value in values.items()}
    return kind(None, given, model, None)


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
    ("values", "expected"),
    [
        ({"period_from": "2026-11-02"}, ["2", "3", "4"]),
        ({"period_to": "2026-11-02"}, ["1", "2"]),
        ({"period_from": "2026-11-02", "period_to": "2026-11-03"}, ["2", "3"]),
        ({"period_from": "2026-11-03", "period_to": "2026-11-03"}, ["3"]),
        ({"period_from": "2026-11-03", "period_to": "2026-11-02"}, []),
        ({"period_from": "", "period_to": ""}, ["1", "2", "3", "4"]),
        ({"period": "2026-11-02"}, ["2"]),
        *(
            ({"period_from": day, "period_to": day}, ["1", "2", "3", "4"])
            for day in (
                "yesterday",
                "0001-01-01",
                "9999-12-31",
                "2026-02-30",
                "2026-11-02'--",
            )
        ),
    ],
)
def test_from_one_day_to_another(values: dict[str, str], expected: list[str]) -> None:
    """Both are included; what is no day filters nothing, also east of Greenwich."""
    for day in range(1, 5):
        _request(str(day), ts=datetime(2026, 11, day, 12, tzinfo=timezone.utc))
    with django_timezone.override("Asia/Tokyo"):
        found = _make(filters.PeriodFilter, AccessLog, **values).queryset(None, AccessLog.objects.all())
        assert sorted(row.path for row in found) == expected


@pytest.mark.django_db
def test_the_form_of_the_days_keeps_the_other_filters(admin_client: Client) -> None:
    """And shows the days that are in force; its values are text, and no link of the filter is chosen."""
    query = "?status=5xx&period_from=2026-11-02&period_to=z%22%3E%3Cb%3E&q=198.51.100.7&p=2"
    page = admin_client.get(reverse("admin:ideolab_accesslog_accesslog_changelist") + query)
    text = page.content.decode()
    assert '<input type="date" name="period_from" value="2026-11-02">' in text
    assert '<input type="date" name="period_to" value="">' in text
    assert '<input type="hidden" name="status" value="5xx">' in text
    assert '<input type="hidden" name="q" value="198.51.100.7">' in text
    assert '<input type="hidden" name="p"' not in text
    assert 'href="?period=24h&amp;q=198.51.100.7&amp;status=5xx"' in text
    assert "<b>" not in text
    (spec,) = (spec for spec in page.context["cl"].filter_specs if spec.parameter_name == "period")
    assert [choice["selected"] for choice in spec.choices(page.context["cl"])] == [False] * 5


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
