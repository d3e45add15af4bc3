"""What a browser may send to the admin pages: nothing of it is a server error, on any database."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP
from tests.accesslog.conftest import VENDORS

NAMES = (
    *("q", "period", "status", "method", "slower", "ban", "o", "p", "all", "_to_field", "reason__exact"),
    *("action__exact", "state__isnull", "ip", "ip__in", "id", "ts__gte", "is_banned", "path__contains", "x"),
)
#: those whose value may reach the database as it is
ASKED = ("q", "period", "reason__exact", "ip", "id", "p", "o")
VALUES = (
    *("a" * 100_000, "a b " * 5000, "%" * 60_000, "9" * 5000, "-1", "99999999999999999999", "nan"),
    *("\x00", "a\x00b", "'\"\\", "%s{}", "0001-01-01", "9999-12-31", "2026-02-30", "2001:db8::/64", "::/129"),
    *("0.0.0.0/0", "...", "1,2,x", "\u0661", "-1.2.-3", "fe80::1%x", "2001:db8:0:7::9%eth0", "fe80::1%x/64"),
    *(" 198.51.100.7 ", "2001:db8::1/64", "::ffff:198.51.100.7", "::ffff:198.51.100.7/64", "2001:DB8::7/80"),
)  # fmt: skip


@pytest.fixture
def staff(database: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    TrashIP.objects.create(ip="2001:db8::/64", last_path="/")
    AccessLog.objects.create(ip="2001:db8::7", path="/", method="GET", status_code=200)
    FirewallActionLog.objects.create(
        ip="2001:db8::/64", action="ban", batch="00000000-0000-0000-0000-000000000001", actor_name="x"
    )
    return client


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
@pytest.mark.parametrize("page", ["accesslog", "traship", "firewallactionlog"])
def test_parameters_of_the_lists(staff: Client, page: str) -> None:
    """Each name that a list knows, and one that it does not; every value where it reaches the database."""
    names = NAMES if connection.vendor == "sqlite" else ASKED
    url = reverse(f"admin:ideolab_accesslog_{page}_changelist")
    failed = [
        (name, value[:20])
        for name in names
        for value in (VALUES if name in ASKED else VALUES[::4])
        if staff.get(f"{url}?{quote(name)}={quote(value)}").status_code >= 500
    ]
    assert failed == [], failed


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_parameters_of_the_other_pages(staff: Client) -> None:
    """Statistics, one address, bans by hand, a row, an action."""
    change = reverse("admin:ideolab_accesslog_traship_changelist")
    failed = []
    for value in VALUES:
        text = quote(value[:8000], safe="")
        for url in ("stats/?days=", "address/", "ban/?addresses=", ""):
            if (
                staff.get(
                    f"{change}{url}{text}/" if not url.endswith("=") else f"{change}{url}{text}"
                ).status_code
                >= 500
            ):
                failed.append((url, value[:20]))
        posts: list[tuple[str, dict[str, Any]]] = [
            ("ban/", {"addresses": value, "time": "24h", "reason": value}),
            ("ban/", {"addresses": "198.51.100.7", "time": value, "reason": value}),
            ("", {"action": "ban_24h", "_selected_action": value, "reason": value, "confirmed": "yes"}),
            ("", {"action": value, "_selected_action": "1", "select_across": value}),
            (
                "",
                {
                    "action": "ban_24h",
                    "_selected_action": TrashIP.objects.all()[0].pk,
                    "reason": value,
                    "confirmed": "yes",
                },
            ),
        ]
        failed += [
            (url, value[:20]) for url, data in posts if staff.post(change + url, data).status_code >= 500
        ]
    assert failed == []
