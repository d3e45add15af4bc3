"""The buttons of an address, a network or an AS."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import RequestFactory, override_settings

from ideolab_accesslog.admin.security.buttons import find_buttons
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import ConnmonEvent
from ideolab_accesslog.networks import order, parse_wanted
from tests.accesslog.conftest import FakeKernel

pytestmark = pytest.mark.usefixtures("database")
ALL = ("ban_ip", "ban_network", "ban_asn", "unban_ip")
ADDRESS, NETWORK, SYSTEM = "198.51.100.7", "198.51.100.0/24", "AS64500"


def find(of: str, *permissions: str, address: str = "192.0.2.77") -> list[tuple[str, str]]:
    """Action and target of each button."""
    user, _is_new = User.objects.get_or_create(username="_".join(permissions), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    request: Any = RequestFactory().get("/", REMOTE_ADDR=address)
    request.user = user
    return [(one["action"], one["of"]) for one in find_buttons(request, parse_wanted(of))]


def announce(ip: str = ADDRESS, asn: str = "64500") -> None:
    """An event of fail2ban that names the AS of an address."""
    start = order(ip_address(ip))
    ConnmonEvent.objects.create(
        ts="2026-11-30T00:00:00Z", type="ban", ip=ip, subnet=NETWORK, start=start, asn=asn
    )


def test_an_address_has_its_network_and_its_as(kernel: FakeKernel) -> None:
    """Each with its page, only for whom it is allowed."""
    announce()
    bans = [("ban", ADDRESS), ("ban", NETWORK), ("ban", SYSTEM)]
    assert find(ADDRESS, *ALL) == bans
    assert [find(ADDRESS, name) for name in ALL] == [[bans[0]], [bans[1]], [bans[2]], []]
    assert find(NETWORK, *ALL) == [("ban", NETWORK), ("ban", SYSTEM)]
    assert find(SYSTEM, *ALL) == [("ban", SYSTEM)]
    assert find("2001:db8:0:7::9", *ALL) == [("ban", "2001:db8:0:7::9"), ("ban", "2001:db8:0:7::/64")]
    assert find("2001:0:5ef5:79fd::1", *ALL) == [("ban", "2001:0:5ef5:79fd::1")]

    request: Any = RequestFactory().get("/", REMOTE_ADDR="192.0.2.77")
    request.user = User.objects.create_superuser("root")
    assert find_buttons(request, parse_wanted(SYSTEM)) == [
        {
            "action": "ban",
            "of": SYSTEM,
            "label": "Ban AS64500",
            "url": "/admin/ideolab_accesslog/security/ban/?of=AS64500",
        }
    ]


def test_bans_have_a_button_that_lifts_them(kernel: FakeKernel) -> None:
    """Those of the networks around an address too."""
    calls.ban([ADDRESS, NETWORK], actor="alice")
    assert find(ADDRESS, "unban_ip") == [("unban", ADDRESS)]
    assert find(ADDRESS, "unban_ip", "ban_network") == [
        ("ban", NETWORK),
        ("unban", ADDRESS),
        ("unban", NETWORK),
    ]


def test_what_cannot_work_is_absent(kernel: FakeKernel, settings: Any) -> None:
    """The own address, a listed one, networks wider than sudo allows, and an AS without the helper."""
    announce()
    assert find(ADDRESS, *ALL, address=ADDRESS) == [("ban", SYSTEM)]
    assert find("203.0.112.0/23", *ALL) == []
    settings.TRASHIP_NEVER_BAN = ["198.51.100.200"]
    assert find(ADDRESS, *ALL) == [("ban", ADDRESS), ("ban", SYSTEM)]
    settings.TRASHIP_FIREWALL_HELPER = ["/nonexistent"]
    assert find(SYSTEM, *ALL) == []
    settings.TRASHIP_FIREWALL_EXECUTE = False
    assert find("203.0.112.0/23", *ALL) == [("ban", "203.0.112.0/23")]


def test_a_line_of_the_log_bans_no_as(manual_log: Path) -> None:
    """So it has no button."""
    announce()
    assert find(ADDRESS, *ALL) == [("ban", ADDRESS), ("ban", NETWORK)]


@pytest.mark.redteam
@pytest.mark.parametrize("asn", ["x", "99999999999999999999", "", "<b>", "0"])
def test_an_event_cannot_name_anything_else(kernel: FakeKernel, asn: str) -> None:
    """Its AS number is what somebody wrote into a file."""
    announce(asn=asn)
    assert find(ADDRESS, "ban_asn") == []


def test_a_site_without_the_dashboard_has_no_buttons(kernel: FakeKernel) -> None:
    """Nor an error."""
    with override_settings(ROOT_URLCONF="tests.accesslog.sites"):
        assert find(ADDRESS, *ALL) == []
