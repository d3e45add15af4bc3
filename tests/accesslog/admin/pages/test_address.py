"""The page of one address, through Django's own client."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from ideolab_accesslog.models import AccessLog, FirewallActionLog, OffenceLog, TrashIP
from ideolab_accesslog.traship import gate
from tests.accesslog.conftest import VENDORS, FakeKernel

TRASH = "admin:ideolab_accesslog_traship_"
HOSTILE = '/<script>alert(1)</script>"onmouseover=x'
ALICE, NETWORK = "198.51.100.7", "2001:db8:0:7::/64"


def _url(address: str = ALICE) -> str:
    return str(reverse(f"{TRASH}address", args=[address]))


def _staff(*permissions: str) -> Client:
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def _messages(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.django_db
def test_a_page_of_one_address(admin_client: Client) -> None:
    """What all tables know of it, and nothing of others."""
    TrashIP.objects.create(ip="198.51.100.7", last_path=HOSTILE, count_404=3)
    for address, path in (("198.51.100.7", "/seen"), ("198.51.100.8", "/other")):
        AccessLog.objects.create(ip=address, path=path, method="GET", status_code=200)
    page = admin_client.get(_url()).content
    assert b"/seen" in page
    assert b"/other" not in page
    assert admin_client.get(_url("x")).status_code == 404
    assert b"not in TrashIP" in admin_client.get(_url("2001:db8::1")).content


@pytest.mark.django_db
def test_the_page_of_a_network_shows_the_bans_inside(admin_client: Client) -> None:
    """Its own UNBAN leaves single addresses banned; the list has them and the network to choose from."""
    for address in ("2001:db8:0:7::/64", "2001:db8:0:7::5", "2001:db8:0:8::5", "198.51.100.7"):
        TrashIP.objects.create(ip=address, is_banned=True)
    TrashIP.objects.create(ip="2001:db8:0:7::6")
    page = admin_client.get(_url(NETWORK))
    assert [row.ip for row in page.context["inside"]] == ["2001:db8:0:7::5"]
    link = "/admin/ideolab_accesslog/traship/?q=2001%3Adb8%3A0%3A7%3A%3A%2F64&amp;ban=active"
    assert link in page.content.decode()
    found = admin_client.get(link.replace("&amp;", "&")).context["cl"].queryset
    assert sorted(row.ip for row in found) == ["2001:db8:0:7::/64", "2001:db8:0:7::5"]
    for address in ("2001:db8:0:7::5", "198.51.100.7"):
        assert b"leaves these" not in admin_client.get(_url(address)).content


@pytest.mark.django_db
def test_the_page_of_an_address_keeps_to_permissions() -> None:
    """Who may not see the access log does not see it here either."""
    AccessLog.objects.create(ip="198.51.100.7", path="/secret", method="GET", status_code=200)
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_traship"))
    client = Client()
    client.force_login(user)
    assert b"/secret" not in client.get(_url()).content


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_the_paths_of_a_scanner_are_on_its_page(database: str) -> None:
    """All of them, though the access log holds none: what was refused, what was missing, and the agent."""
    # what the other tests of this process have asked for is no news
    gate.forget("CACHES")
    scanner = Client(headers={"User-Agent": "zgrab/0.x"}, REMOTE_ADDR=ALICE)
    paths = ("/.env", "/wp-login.php", "/nope-1", "/%E2%80%AE%0Agpj.php")
    assert [scanner.get(path).status_code for path in paths] == [403, 403, 404, 403]
    Client(REMOTE_ADDR="2001:db8:0:7::9").get("/.git/config")
    gate.drain()
    assert not AccessLog.objects.exists()
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    page = client.get(_url()).content.decode()
    for shown in ("GET /.env", "GET /wp-login.php", "GET /nope-1", "GET /\\u202e\\x0agpj.php", "zgrab/0.x"):
        assert shown in page, shown
    assert "\u202e" not in page
    for badge in ("hidden file", "WordPress", "missing page", "PHP program"):
        assert f">{badge}</span>" in page, badge
    assert "/.git/config" not in page
    for address in (NETWORK, "2001:db8:0:7::1", "2001:db8:0:7::9"):
        assert "GET /.git/config" in client.get(_url(address)).content.decode()


@pytest.mark.django_db
def test_what_an_attacker_wrote_is_text(admin_client: Client) -> None:
    """In each column of the timeline, whatever its bytes and its length."""
    hostile = "/\u202e\u2028\x00\x1b[2J" + HOSTILE + "a" * 900
    fields = {"ip": ALICE, "method": "GET", "path": hostile, "user_agent": hostile[:500], "status_code": 404}
    OffenceLog.objects.create(**fields, reason="sensitive_path", rule="no such <rule>")
    AccessLog.objects.create(**fields)
    said = {"reason": hostile[:255], "state": "failed", "stderr": hostile}
    FirewallActionLog.objects.create(ip=ALICE, action="ban", batch=uuid.uuid4(), actor_name="<b>", **said)
    page = admin_client.get(_url()).content.decode()
    assert "<script>alert" not in page and "<rule>" not in page and "<b>\u202e" not in page
    assert not {"\u202e", "\u2028", "\x00", "\x1b"} & set(page)
    assert "\\u202e\\u2028\\x00\\x1b[2J/&lt;script&gt;" in page


@pytest.mark.django_db
def test_a_ban_asks_once_more_and_comes_back(admin_client: Client) -> None:
    """BAN shows what is known and the reason; the second click bans, and the same page says so."""
    data = {"action": "ban", "target": ALICE, "time": "7d", "reason": "  a\n<scan> "}
    page = admin_client.post(_url(), data)
    assert b"Ban 198.51.100.7 for 7 days?" in page.content
    assert b'value="a &lt;scan&gt;"' in page.content
    assert not TrashIP.objects.exists()

    answer = admin_client.post(_url(), {**data, "confirmed": "yes"}, follow=True)
    assert answer.redirect_chain == [(_url(), 302)]
    assert len(_messages(answer)) == 1
    row = TrashIP.objects.get(ip=ALICE)
    assert (row.is_banned, row.ban_reason) == (True, "a <scan>")
    assert row.ban_until and 6.9 < (row.ban_until - timezone.now()) / timedelta(days=1) <= 7
    assert b">ban</span>" in answer.content

    admin_client.post(_url(), {"action": "unban"}, follow=True)
    assert TrashIP.objects.get(ip=ALICE).is_banned is False


def test_the_firewall_is_asked_from_the_page(database: str, kernel: FakeKernel) -> None:
    """BAN, CHECK and UNBAN reach it, also for the /64 of an address."""
    admin_client = Client()
    admin_client.force_login(User.objects.create_superuser("root"))
    address = "2001:db8:0:7::9"
    page = admin_client.get(_url(address)).content.decode()
    # what a client is counted by comes first
    assert page.index(f'value="{NETWORK}" checked') < page.index(f'name="target" value="{address}">')
    data = {"action": "ban", "target": NETWORK, "time": "permanent", "reason": "", "confirmed": "yes"}
    admin_client.post(_url(address), data)
    assert kernel.elements() == {NETWORK: "permanent"}
    assert TrashIP.objects.get().ip == NETWORK
    assert _messages(admin_client.post(_url(address), {"action": "check"}, follow=True)) != []
    admin_client.post(_url(address), {"action": "unban"})
    assert kernel.elements() == {}


@pytest.mark.django_db
def test_nobody_bans_himself(admin_client: Client) -> None:
    """The address that the click comes from is refused, as everywhere."""
    own = "198.51.100.99"
    data = {"action": "ban", "target": own, "time": "24h", "confirmed": "yes"}
    answer = admin_client.post(_url(own), data, follow=True, REMOTE_ADDR=own)
    assert "refused" in _messages(answer)[0]
    assert not TrashIP.objects.filter(is_banned=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ((), {"ban": 403, "unban": 403, "check": 403}),
        (("view_traship",), {"ban": 403, "unban": 403, "check": 302}),
        (("view_traship", "ban_ip"), {"ban": 302, "unban": 403, "check": 302}),
        (("view_traship", "unban_ip"), {"ban": 403, "unban": 302, "check": 302}),
        (("ban_ip", "unban_ip"), {"ban": 403, "unban": 403, "check": 403}),
    ],
)
def test_each_button_has_its_permission(permissions: tuple[str, ...], expected: dict[str, int]) -> None:
    """Of the page that shows it, and of the request that it sends."""
    TrashIP.objects.create(ip=ALICE)
    client = _staff(*permissions)
    data = {"target": ALICE, "time": "24h", "confirmed": "yes"}
    assert {
        action: client.post(_url(), {**data, "action": action}).status_code for action in expected
    } == expected
    assert TrashIP.objects.get().is_banned is (expected["ban"] == 302 and expected["unban"] == 403)
    if "view_traship" in permissions:
        page = client.get(_url()).content.decode()
        shown = {action for action in expected if f'name="action" value="{action}"' in page}
        assert shown == {action for action, status in expected.items() if status == 302}


@pytest.mark.django_db
def test_a_forged_form_does_nothing(admin_client: Client) -> None:
    """Another address, another time, another action, no token."""
    good = {"action": "ban", "target": ALICE, "time": "24h", "confirmed": "yes"}
    for name, value in (("target", "198.51.100.8"), ("target", ""), ("time", "1s"), ("action", "x")):
        assert admin_client.post(_url(), {**good, name: value}).status_code == 400
    assert admin_client.post(_url("x"), good).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())
    assert strict.post(_url(), good).status_code == 403
    assert not TrashIP.objects.exists() and not FirewallActionLog.objects.exists()


@pytest.mark.django_db
def test_any_text_in_place_of_a_page_is_the_first(admin_client: Client) -> None:
    """Neither a number of a thousand digits nor one of another script is an error."""
    for page in ("0", "-1", "x", "9" * 1000, "\u0661", "\x00", "1e3", ""):
        answer = admin_client.get(_url(), {"page": page})
        assert (answer.status_code, answer.context["timeline"].page) == (200, 1)


@pytest.mark.django_db
def test_a_long_timeline_costs_the_same_number_of_queries(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    """No query for each entry."""
    fields = {"ip": ALICE, "method": "GET", "path": "/", "status_code": 404}
    OffenceLog.objects.bulk_create(OffenceLog(**fields, reason="404_burst") for _ in range(50))
    AccessLog.objects.bulk_create(AccessLog(**fields) for _ in range(150))
    with django_assert_max_num_queries(8):
        assert len(admin_client.get(_url()).context["timeline"].entries) == 100


@pytest.mark.django_db
@override_settings(LANGUAGE_CODE="fr")
def test_the_page_is_in_french(admin_client: Client) -> None:
    """Badges too."""
    fields = {"ip": ALICE, "method": "GET", "path": "/.env", "status_code": 403}
    OffenceLog.objects.create(**fields, rule="dotfile", reason="sensitive_path")
    page = admin_client.get(_url()).content.decode()
    assert "fichier caché" in page and "Chronologie" in page
