"""Unbans from the dashboard."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import FirewallActionLog, TrashIP
from tests.accesslog.admin.security.staff import read_messages, staff
from tests.accesslog.conftest import FakeKernel

pytestmark = pytest.mark.usefixtures("database")
URL = "/admin/ideolab_accesslog/security/unban/?of="
ADDRESS, NETWORK, SYSTEM, SIX = "198.51.100.7", "198.51.100.0/24", "AS64500", "2001:db8:0:7::/64"
ALL = ("view_traship", "ban_ip", "ban_network", "ban_asn", "unban_ip")


@pytest.mark.parametrize("of", [ADDRESS, NETWORK, SYSTEM, SIX])
def test_a_ban_is_lifted(kernel: FakeKernel, of: str) -> None:
    """The page changes nothing; the POST lifts this ban and no other, with its reason in the audit."""
    calls.ban([ADDRESS, NETWORK, SYSTEM, SIX], actor="alice")
    client = staff(*ALL)
    assert of in client.get(URL + of).content.decode()
    assert len(kernel.elements()) == 4

    answer = client.post(URL + of, {"reason": "a  mistake"})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/ideolab_accesslog/traship/")
    assert sorted(kernel.elements()) == sorted({ADDRESS, NETWORK, SYSTEM, SIX} - {of})
    audit = FirewallActionLog.objects.get(action="unban")
    assert (audit.ip, audit.reason, audit.state) == (of, "a mistake", "done")
    assert [text[:20] for text in read_messages(client)] == ["UNBAN: 1 ban lifted;"]
    assert not TrashIP.objects.get(ip=of).is_banned


def test_the_page_names_what_stays(kernel: FakeKernel) -> None:
    """A network that holds the address, with a link to its own unban for whoever may."""
    calls.ban([ADDRESS, NETWORK, "198.51.0.0/16"], seconds=60, actor="alice")
    link = "/admin/ideolab_accesslog/security/unban/?of=198.51.100.0%2F24"

    page = staff(*ALL).get(URL + ADDRESS).content.decode()
    assert f'<a href="{link}">{NETWORK}</a>' in page
    assert "198.51.0.0%2F16" in page
    page = staff("unban_ip", "ban_ip", name="carol").get(URL + ADDRESS).content.decode()
    assert (link in page, NETWORK in page) == (False, True)


def test_an_ipv6_address_is_lifted_with_its_64(kernel: FakeKernel) -> None:
    """What is banned of the two; all of it where nothing is known."""
    calls.ban([SIX], actor="alice")
    client = staff(*ALL)
    client.post(f"{URL}2001:db8:0:7::9")
    assert kernel.elements() == {}
    client.post(f"{URL}2001:db8:0:8::9")
    asked = FirewallActionLog.objects.filter(action="unban").values_list("ip", flat=True)
    assert sorted(asked) == [SIX, "2001:db8:0:8::/64", "2001:db8:0:8::9"]


@pytest.mark.redteam
@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        (("unban_ip",), {ADDRESS, SIX}),
        (("unban_ip", "ban_network"), {ADDRESS, SIX, NETWORK}),
        (("unban_ip", "ban_asn"), {ADDRESS, SIX, SYSTEM}),
        (("ban_ip", "ban_network", "ban_asn", "view_security"), set()),
    ],
)
def test_each_kind_needs_its_permission(
    kernel: FakeKernel, permissions: tuple[str, ...], allowed: set[str]
) -> None:
    """unban_ip, and for networks and AS numbers the permission to ban them too."""
    targets = [ADDRESS, NETWORK, SYSTEM, SIX]
    calls.ban(targets, actor="alice")
    client = staff(*permissions)

    assert {of for of in targets if client.get(URL + of).status_code == 200} == allowed
    assert {of for of in targets if client.post(URL + of).status_code == 302} == allowed
    assert set(kernel.elements()) == set(targets) - allowed


@pytest.mark.redteam
def test_a_forged_post_lifts_nothing(kernel: FakeKernel) -> None:
    """Without CSRF's token, and of what names nothing."""
    calls.ban([NETWORK], actor="alice")
    staff(*ALL)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="bob"))
    assert strict.post(URL + NETWORK).status_code == 403
    client = staff(*ALL, name="carol")
    assert [client.post(URL + of).status_code for of in ("", "0.0.0.0/0", "198.51.100.7/24")] == [404] * 3
    assert list(kernel.elements()) == [NETWORK]
