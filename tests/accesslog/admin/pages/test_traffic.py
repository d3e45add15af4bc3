"""The numbers of the traffic page, and the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from ideolab_accesslog.admin.days import midnight
from ideolab_accesslog.admin.pages import traffic
from ideolab_accesslog.admin.pages.traffic import Ranked, read_traffic
from ideolab_accesslog.models import AccessLog, OffenceLog
from tests.accesslog.conftest import VENDORS

URL = "admin:ideolab_accesslog_traship_traffic"


def _noon(days_ago: int) -> datetime:
    return midnight(days_ago) + timedelta(hours=12)


def _requests(*rows: dict[str, Any]) -> None:
    plain: dict[str, Any] = {"method": "GET", "host": "shop.example", "path": "/", "status_code": 200}
    AccessLog.objects.bulk_create(
        AccessLog(**{**plain, "ts": _noon(1), "ip": "198.51.100.1", **row}) for row in rows
    )


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_requests_are_counted(database: str) -> None:
    """By day, visitor, status, path, host and browser; nothing from before the first day."""
    _requests(
        {"path": "/a/", "duration_ms": 10.0, "referer": "https://shop.example/"},
        {
            "path": "/a/",
            "duration_ms": 30.0,
            "ip": "198.51.100.2",
            "referer": "https://www.search.example/?q=1",
        },
        {"path": "/b/", "duration_ms": 20.0, "ts": _noon(2), "referer": "https://www.search.example/?q=2"},
        {"path": "/b/", "ip": None, "user_agent": "curl/8", "referer": "http://[bad"},
        {"path": "/gone", "status_code": 404},
        {"path": "/boom", "status_code": 500, "ts": _noon(0) - timedelta(hours=12)},
        {"path": "/old", "ts": _noon(7)},
    )
    found = read_traffic(7)
    assert [tuple(day)[1:] for day in found.days] == [
        *[(0, 0, 0, 0)] * 4, (1, 1, 0, 0), (4, 2, 1, 0), (1, 1, 0, 1),
    ]  # fmt: skip
    assert found.days[-1].day == timezone.localdate()
    assert (found.requests, found.visitors, found.client_errors, found.server_errors) == (6, 2, 1, 1)
    assert (found.median_ms, found.slowest_ms, found.is_cut) == (20.0, 30.0, False)
    assert found.paths == (Ranked("/a/", 2), Ranked("/b/", 2))
    assert found.statuses == (Ranked("200", 4), Ranked("404", 1), Ranked("500", 1))
    assert found.referrers == (Ranked("www.search.example", 2),)
    assert set(found.browsers) == {Ranked("no name", 5), Ranked("curl", 1)}


@pytest.mark.django_db
def test_missing_paths_come_from_the_offences() -> None:
    """The access log has no 404 by default; each address counts once for a path, a crawler not at all."""
    for path, address, fields in (
        ("/dead", "198.51.100.1", {}),
        ("/dead", "198.51.100.2", {"reason": "cross_site"}),
        ("/dead", "198.51.100.2", {}),
        ("/other", "198.51.100.1", {"status_code": 410}),
        ("/crawled", "198.51.100.3", {"reason": "crawler"}),
        ("/.env", "198.51.100.3", {"rule": "dotfile", "status_code": 403, "reason": "sensitive_path"}),
        ("/long-ago", "198.51.100.3", {"ts": _noon(10)}),
    ):
        plain = {"ip": address, "method": "GET", "path": path, "status_code": 404, "reason": "404_burst"}
        OffenceLog.objects.create(**{**plain, **fields})
    assert read_traffic(7).missing == (Ranked("/dead", 2), Ranked("/other", 1))


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_only_the_newest_requests_are_counted(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so, and a day that was not counted is none without requests."""
    monkeypatch.setattr(traffic, "MOST", 3)
    _requests(*({"ts": _noon(ago), "path": f"/{ago}"} for ago in range(6)))
    found = read_traffic(7)
    assert (found.is_cut, found.requests) == (True, 3)
    assert [day.requests for day in found.days] == [None, None, None, 0, 1, 1, 1]


@pytest.mark.django_db
def test_what_is_not_logged_is_not_zero(admin_client: Client) -> None:
    """The default log has no errors: their number is unknown, and the page says what to do."""
    _requests({})
    found = read_traffic(7)
    assert (found.client_errors, found.server_errors) == (None, None)
    page = admin_client.get(reverse(URL))
    assert page.content.count(b"not logged") >= 2
    assert b"the status 200 (ACCESSLOG_STATUS_CODES)" in page.content
    assert b"ACCESSLOG_STATUS_CODES: [200, 403, 404, 500]" in page.content
    assert [series["label"] for series in page.context["chart"]["series"]] == ["Requests", "Visitors"]
    with override_settings(ACCESSLOG_STATUS_CODES=[200, 404, 500]):
        page = admin_client.get(reverse(URL))
        assert (page.context["traffic"].client_errors, page.context["traffic"].server_errors) == (0, 0)
        assert b"not logged" not in page.content.replace(b"What is not logged is", b"")
        assert len(page.context["chart"]["series"]) == 3


@pytest.mark.django_db
def test_durations_have_the_unit_that_fits(admin_client: Client) -> None:
    """As in the list: 74 seconds are no 74321.9 ms."""
    _requests({"duration_ms": 12.34}, {"duration_ms": 74321.9})
    page = admin_client.get(reverse(URL))
    assert (page.context["median"], page.context["slowest"]) == ("74\N{NO-BREAK SPACE}s",) * 2
    assert "74\N{NO-BREAK SPACE}s" in page.content.decode()


@pytest.mark.django_db
def test_the_page_says_what_else_makes_the_numbers_small(admin_client: Client) -> None:
    """A sample, a log that is off, and more requests than are counted."""
    _requests({}, {}, {})
    with override_settings(ACCESSLOG_SAMPLE_RATE=0.2):
        assert b"Only 20 percent of them are logged" in admin_client.get(reverse(URL)).content
    with override_settings(ACCESSLOG_ENABLED=False):
        assert b"nothing is logged" in admin_client.get(reverse(URL)).content


@pytest.mark.django_db
def test_what_an_attacker_wrote_is_text(admin_client: Client) -> None:
    """Paths, links and agents; also in the JSON of the chart, which has none of them."""
    bad = '/\u202e</script><script>alert(1)</script>"'
    _requests({"path": bad, "user_agent": bad, "referer": f"http://{bad[1:]}/x", "host": bad})
    OffenceLog.objects.create(ip="198.51.100.1", method="GET", path=bad, status_code=404, reason="404_burst")
    page = admin_client.get(reverse(URL)).content.decode()
    assert "<script>alert" not in page and "\u202e" not in page


@pytest.mark.django_db
def test_the_page_needs_its_permission(client: Client) -> None:
    """view_stats, as the other page of statistics."""
    assert client.get(reverse(URL)).status_code == 302
    user = User.objects.create_user("bob", is_staff=True)
    client.force_login(user)
    assert client.get(reverse(URL)).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_stats"))
    assert client.get(reverse(URL)).status_code == 200


@pytest.mark.django_db
def test_the_number_of_queries_is_bounded(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    """A few for the page, and one for each of its days."""
    _requests(*({"path": f"/{number}", "user_agent": f"a{number}"} for number in range(500)))
    with django_assert_max_num_queries(7 + 14):
        admin_client.get(reverse(URL), {"days": "7"})
    assert len(admin_client.get(reverse(URL), {"days": "x"}).context["chart"]["days"]) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"])
def test_days_are_those_of_the_site(zone: str) -> None:
    """A request a minute after local midnight is one of today."""
    with timezone.override(zone):
        _requests({"ts": midnight() + timedelta(minutes=1)}, {"ts": midnight() - timedelta(minutes=1)})
        assert [day.requests for day in read_traffic(7).days[-2:]] == [1, 1]
