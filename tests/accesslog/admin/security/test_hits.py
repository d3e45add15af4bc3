"""How many visitors of the site a ban would hit."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Optional

import pytest
from django.utils import timezone

from ideolab_accesslog.admin import search
from ideolab_accesslog.admin.security import hits
from ideolab_accesslog.admin.security.hits import OwnHits
from ideolab_accesslog.models import AccessLog
from tests.accesslog.conftest import VENDORS

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.parametrize("database", VENDORS, indirect=True),
]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time."""
    monkeypatch.setattr(hits, "LIMIT_S", 600.0)


def store(*addresses: Optional[str], user: Any = None, days: float = 0) -> None:
    """Requests of these clients, so many days ago."""
    when = timezone.now() - timedelta(days=days)
    AccessLog.objects.bulk_create(
        AccessLog(ts=when, ip=address, user_id=user, method="GET", path="/", status_code=200)
        for address in addresses
    )


def count(*networks: str) -> OwnHits:
    """The hits of these networks."""
    return hits.count(tuple(map(ip_network, networks)))


def test_visitors_of_seven_days_count() -> None:
    """An IPv6 one is its /64; a request without a certain address is nobody's."""
    store("198.51.100.0", "198.51.100.255", "198.51.101.0", "198.51.1.5", None)
    store("198.51.100.7", user=3)
    store("198.51.100.8", user=3)
    store("198.51.100.9", user=4, days=7.5)
    store("2001:db8:0:7::1", "2001:db8:0:7::2", "2001:db8:0:8::1", "2001:db8:1::1")

    assert count("198.51.100.0/24") == OwnHits(4, 1, 4)
    assert count("198.51.100.0/25") == OwnHits(3, 1, 3)
    assert count("198.51.100.7/32") == OwnHits(1, 1, 1)
    assert count("198.51.0.0/16") == OwnHits(6, 1, 6)
    assert count("2001:db8:0:7::/64") == OwnHits(1, 0, 2)
    assert count("2001:db8::/48") == OwnHits(2, 0, 3)
    assert count("203.0.113.0/24") == OwnHits(0, 0, 0)


def test_networks_of_an_as_are_one_count() -> None:
    """However many queries it takes; wide ones as well."""
    store("198.51.100.7", "203.0.113.7", "2001:db8::1", "192.0.2.1", "100.100.0.1")
    networks = ["198.51.100.0/24", "203.0.112.0/23", "2001:db8::/32", "100.64.0.0/10"]
    networks += [f"10.{number}.0.0/17" for number in range(40)]

    assert count(*networks) == OwnHits(4, 0, 4)


def test_nothing_known_is_not_0(settings: Any) -> None:
    """An AS whose networks nobody tells, an access log that has no request of these days, or is off now."""
    assert count("198.51.100.0/24") == OwnHits()
    store("198.51.100.7", days=8)
    assert count("198.51.100.0/24") == OwnHits()
    store("198.51.100.7")
    assert hits.count(None) == OwnHits()
    settings.ACCESSLOG_ENABLED = False
    assert count("198.51.100.0/24") == OwnHits()


def test_where_the_log_begins() -> None:
    """A log of two days has not the visitors of seven; where it has all of them there is nothing to say."""
    assert hits.find_begin() is None
    store("198.51.100.7", days=2)
    begin = hits.find_begin()
    assert begin is not None
    assert timezone.now() - begin >= timedelta(days=2)
    store("198.51.100.7", days=8)
    assert hits.find_begin() is None


def test_a_count_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the rows, and by the time."""
    store(*(f"198.51.100.{number}" for number in range(5)))
    monkeypatch.setattr(hits, "ROWS", 5)
    assert count("198.51.100.0/24") == OwnHits(5, 0, 5)
    monkeypatch.setattr(hits, "ROWS", 4)
    assert count("198.51.100.0/24").is_cut
    monkeypatch.setattr(hits, "LIMIT_S", -1.0)
    assert count("198.51.100.0/24") == OwnHits(0, 0, 0, is_cut=True)


def test_a_flood_of_addresses_hides_nobody(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one /64 in a network: where addresses are text, not all are looked at, and it is said."""
    monkeypatch.setattr(search, "CANDIDATES", 3)
    store(*(f"2001:db8:0:1::{number}" for number in range(1, 5)))
    store("2001:db8:0:2::1", user=3)

    assert count("2001:db8::/48").is_cut is (database != "postgresql")
    assert not count("198.51.100.0/24").is_cut
    monkeypatch.setattr(search, "CANDIDATES", 5)
    assert count("2001:db8::/48") == OwnHits(2, 1, 5)
