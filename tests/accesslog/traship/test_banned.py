"""The banned addresses in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.traship import banned


@pytest.fixture(autouse=True)
def anew(database: str) -> Iterator[None]:
    """No bans of other tests, and none left for them."""
    banned.forget()
    yield
    banned.forget()


def test_only_bans_that_last_and_count_are_read(settings: Any) -> None:
    """Neither one that is over, nor an address that is never banned."""
    settings.TRASHIP_NEVER_BAN = ["2001:db8:1::/48"]
    now = timezone.now()
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True)
    TrashIP.objects.create(ip="198.51.100.2", is_banned=True, ban_until=now + timedelta(hours=1))
    TrashIP.objects.create(ip="198.51.100.3", is_banned=True, ban_until=now - timedelta(hours=1))
    TrashIP.objects.create(ip="198.51.100.4")
    TrashIP.objects.create(ip="2001:db8:1::7", is_banned=True)
    TrashIP.objects.create(ip="127.0.0.1", is_banned=True)

    banned.refresh()

    assert banned.current == {"198.51.100.1", "198.51.100.2"}


@pytest.mark.parametrize("switch", ["TRASHIP_ENABLED", "TRASHIP_BLOCK_BANNED"])
def test_bans_that_nobody_asks_for_are_not_read(switch: str, settings: Any) -> None:
    """Off is off, also for the thread that runs for something else; switched on, they are read again."""
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True)
    setattr(settings, switch, False)
    with CaptureQueriesContext(connection) as queries:
        banned.refresh()
    assert (queries.captured_queries, banned.current) == ([], frozenset())

    setattr(settings, switch, True)
    banned.refresh()
    assert banned.current == {"198.51.100.1"}


def test_a_row_that_is_no_address_keeps_no_other_from_being_read() -> None:
    """The table takes what a script of the site writes."""
    TrashIP.objects.create(ip="198.0.0.0/8", is_banned=True)
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True)

    banned.refresh()

    assert banned.current == {"198.51.100.1"}


def test_networks_hold_what_is_in_them(settings: Any) -> None:
    """On both edges, at each width that a row can have; neither an AS nor what must not be banned."""
    settings.TRASHIP_NEVER_BAN = ["192.0.2.9"]
    bans = ("198.51.100.0/24", "203.0.113.128/25", "100.64.0.0/16", "2001:db8:a::/48", "2001:db8:b::/63")
    # of a Teredo server all clients share a /64
    for text in (*bans, "2001:0:c633:6407::/64", "192.0.2.0/24", "AS64500", "2001:db8:0:7::/64"):
        TrashIP.objects.create(ip=text, is_banned=True)
    TrashIP.objects.create(ip="198.18.5.0/24")

    banned.refresh()

    assert banned.current == {"2001:db8:0:7::/64"}
    inside = ("198.51.100.0", "198.51.100.255", "203.0.113.128", "100.64.255.9", "2001:db8:a:ffff::1")
    six_inside = ("2001:db8:b:1::1", "2001:db8:0:7::9", "2001:0:c633:6407::9")
    assert [banned.holds(address) for address in (*inside, *six_inside)] == [True] * 8
    outside = ("198.51.101.0", "198.51.99.255", "203.0.113.127", "192.0.2.1", "198.18.5.1", "100.65.0.0")
    assert [banned.holds(address) for address in outside] == [False] * 6
    six = ("2001:db8:c::", "2001:db8:b:2::1", "2001:db8:0:8::9", "::c633:6401")
    assert [banned.holds(address) for address in six] == [False] * 4
    assert not banned.holds("x")

    banned.forget()
    assert not banned.holds("198.51.100.7")


def test_a_slow_read_is_not_repeated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading may take a twentieth of the thread's time; `forget` reads anew at the next refresh."""
    clock = iter([100.0, 101.0, 101.0, 119.0, 121.5, 122.5, 122.5])
    monkeypatch.setattr(banned, "monotonic", lambda: next(clock))
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True)

    banned.refresh()
    TrashIP.objects.create(ip="198.51.100.2", is_banned=True)
    banned.refresh()
    assert banned.current == {"198.51.100.1"}

    banned.refresh()
    assert banned.current == {"198.51.100.1", "198.51.100.2"}


def test_a_banned_network_holds_its_addresses() -> None:
    """Rows of earlier versions, and bans that somebody typed, are single addresses."""
    TrashIP.objects.create(ip="2001:db8:0:7::/64", is_banned=True)
    TrashIP.objects.create(ip="2001:db8:0:9::9", is_banned=True)
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True)

    banned.refresh()

    asked = (
        "2001:db8:0:7::1",
        "2001:db8:0:7:ffff::",
        "2001:db8:0:8::1",
        "2001:db8:0:9::9",
        "2001:db8:0:9::8",
    )
    assert [banned.holds(address) for address in (*asked, "198.51.100.1", "198.51.100.2")] == [
        *(True, True, False, True, False),
        *(True, False),
    ]
