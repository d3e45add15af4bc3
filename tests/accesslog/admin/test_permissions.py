"""Nobody bans or lifts a network or an AS by a way that is for addresses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from tests.accesslog.admin.security.staff import read_messages, staff
from tests.accesslog.conftest import FakeKernel

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.redteam]
TRASH = "admin:ideolab_accesslog_traship_"
ADDRESS, NETWORK, SYSTEM, SIX = "198.51.100.7", "198.51.100.0/24", "AS64500", "2001:db8:0:7::/64"
TARGETS = (ADDRESS, NETWORK, SYSTEM, SIX)


def act(client: Client, action: str, *targets: str) -> Any:
    """One action of the list of TrashIP, confirmed."""
    rows = [TrashIP.objects.get_or_create(ip=target)[0].pk for target in targets]
    data = {"action": action, "_selected_action": rows, "confirmed": "yes"}
    return client.post(reverse(f"{TRASH}changelist"), data)


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        ((), {ADDRESS, SIX}),
        (("ban_network",), {ADDRESS, SIX, NETWORK}),
        (("ban_asn",), {ADDRESS, SIX, SYSTEM}),
    ],
)
def test_actions_of_the_list_need_the_permission_of_each_kind(
    kernel: FakeKernel, permissions: tuple[str, ...], allowed: set[str]
) -> None:
    """The whole choice is refused when one of it is, and the message names it."""
    client = staff("view_traship", "ban_ip", "unban_ip", *permissions)
    for target in TARGETS:
        act(client, "ban_24h", target)
    assert set(kernel.elements()) == allowed
    refused = "Nothing was done: networks and AS numbers need a permission of their own: "
    assert [text for text in read_messages(client) if text.startswith(refused)] == [
        refused + target for target in TARGETS if target not in allowed
    ]
    before = FirewallActionLog.objects.count()
    act(client, "ban_7d", *TARGETS)
    act(client, "unban_now", *TARGETS)
    assert FirewallActionLog.objects.count() == before

    calls.ban(TARGETS, actor="alice")
    for target in TARGETS:
        act(client, "unban_now", target)
    assert set(kernel.elements()) == set(TARGETS) - allowed


@pytest.mark.parametrize("of", [NETWORK, SYSTEM])
def test_the_page_of_a_network_bans_nothing_without_a_preview(kernel: FakeKernel, of: str) -> None:
    """It has links to the pages that show what it would hit, for whoever may."""
    url = reverse(f"{TRASH}address", args=[of])
    client = staff("view_traship", "ban_ip", "unban_ip")
    page = client.get(url).content.decode()
    assert ("security/ban" in page, 'value="ban"' in page, 'value="check"' in page) == (False, False, True)
    may = staff("view_traship", "ban_ip", "ban_network", "ban_asn", "unban_ip", name="alice")
    for action in ("ban", "unban"):
        form = {"action": action, "target": of, "time": "24h", "confirmed": "yes"}
        assert [one.post(url, form).status_code for one in (client, may)] == [400, 400]
    assert kernel.elements() == {}
    assert "/admin/ideolab_accesslog/security/ban/?of=" in may.get(url).content.decode()
    assert client.post(url, {"action": "check"}).status_code == 302
    assert FirewallActionLog.objects.get().ip == of


def test_the_page_of_an_address_bans_nothing_else(kernel: FakeKernel) -> None:
    """Its form names the address and its /64 alone."""
    url = reverse(f"{TRASH}address", args=[ADDRESS])
    client = staff("view_traship", "ban_ip", "ban_network")
    for target in (NETWORK, SYSTEM, "0.0.0.0/0"):
        form = {"action": "ban", "target": target, "time": "24h", "confirmed": "yes"}
        assert client.post(url, form).status_code == 400
    assert kernel.elements() == {}


def test_bans_by_hand_lead_to_the_preview(kernel: FakeKernel) -> None:
    """One network or AS; several are no addresses."""
    url = reverse(f"{TRASH}ban")
    client = staff("view_traship", "ban_ip")
    answer = client.post(url, {"addresses": f" {NETWORK} ", "time": "24h"})
    assert answer["Location"] == "/admin/ideolab_accesslog/security/ban/?of=198.51.100.0%2F24"
    assert client.get(answer["Location"]).status_code == 403
    answer = client.post(url, {"addresses": f"{NETWORK} {SYSTEM}", "time": "24h"})
    assert (answer.status_code, b"Not an address: 198.51.100.0/24, AS64500" in answer.content) == (200, True)
    assert kernel.elements() == {}
