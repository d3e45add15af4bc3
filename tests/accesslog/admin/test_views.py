"""The pages beside the admin lists, through Django's own client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from ideolab_accesslog.models import AccessLog, TrashIP

TRASH = "admin:ideolab_accesslog_traship_"
HOSTILE = '/<script>alert(1)</script>"onmouseover=x'


@pytest.mark.django_db
def test_pages_need_a_login(client: Client) -> None:
    """A stranger is sent to the login page."""
    for url in (reverse(f"{TRASH}stats"), reverse(f"{TRASH}ban"), reverse(f"{TRASH}address", args=["::1"])):
        answer = client.get(url)
        assert (answer.status_code, "/login/" in answer["Location"]) == (302, True)


@pytest.mark.django_db
def test_bans_by_hand(admin_client: Client) -> None:
    """Addresses that never scanned can be banned too; a word that is none bans nothing."""
    url = reverse(f"{TRASH}ban")
    assert b"198.51.100.9" in admin_client.get(url + "?addresses=198.51.100.9").content
    bad = admin_client.post(url, {"addresses": "198.51.100.9 x<b>", "time": "24h"})
    assert b"Not an address: x&lt;b&gt;" in bad.content
    assert TrashIP.objects.count() == 0
    admin_client.post(url, {"addresses": "198.51.100.9\n2001:db8::9", "time": "permanent", "reason": "why"})
    assert TrashIP.objects.filter(is_banned=True, ban_until=None, ban_reason="why").count() == 2


@pytest.mark.django_db
def test_a_page_of_one_address(admin_client: Client) -> None:
    """What all tables know of it, and nothing of others."""
    TrashIP.objects.create(ip="198.51.100.7", last_path=HOSTILE, count_404=3)
    for address, path in (("198.51.100.7", "/seen"), ("198.51.100.8", "/other")):
        AccessLog.objects.create(ip=address, path=path, method="GET", status_code=200)
    page = admin_client.get(reverse(f"{TRASH}address", args=["198.51.100.7"])).content
    assert b"/seen" in page
    assert b"/other" not in page
    assert admin_client.get(reverse(f"{TRASH}address", args=["x"])).status_code == 404
    assert b"not in TrashIP" in admin_client.get(reverse(f"{TRASH}address", args=["2001:db8::1"])).content


@pytest.mark.django_db
def test_the_page_of_a_network_shows_the_bans_inside(admin_client: Client) -> None:
    """Its own UNBAN leaves single addresses banned; the list has them and the network to choose from."""
    for address in ("2001:db8:0:7::/64", "2001:db8:0:7::5", "2001:db8:0:8::5", "198.51.100.7"):
        TrashIP.objects.create(ip=address, is_banned=True)
    TrashIP.objects.create(ip="2001:db8:0:7::6")
    page = admin_client.get(reverse(f"{TRASH}address", args=["2001:db8:0:7::/64"]))
    assert [row.ip for row in page.context["inside"]] == ["2001:db8:0:7::5"]
    link = "/admin/ideolab_accesslog/traship/?q=2001%3Adb8%3A0%3A7%3A%3A%2F64&amp;ban=active"
    assert link in page.content.decode()
    found = admin_client.get(link.replace("&amp;", "&")).context["cl"].queryset
    assert sorted(row.ip for row in found) == ["2001:db8:0:7::/64", "2001:db8:0:7::5"]
    for address in ("2001:db8:0:7::5", "198.51.100.7"):
        assert b"leaves these" not in admin_client.get(reverse(f"{TRASH}address", args=[address])).content


@pytest.mark.django_db
def test_the_page_of_an_address_keeps_to_permissions() -> None:
    """Who may not see the access log does not see it here either."""
    AccessLog.objects.create(ip="198.51.100.7", path="/secret", method="GET", status_code=200)
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_traship"))
    client = Client()
    client.force_login(user)
    assert b"/secret" not in client.get(reverse(f"{TRASH}address", args=["198.51.100.7"])).content


@pytest.mark.django_db
def test_statistics(admin_client: Client) -> None:
    """Days, scanners and active bans; a nonsense period is the default."""
    TrashIP.objects.create(
        ip="198.51.100.7",
        count_404=42,
        last_path=HOSTILE,
        is_banned=True,
        ban_until=timezone.now() + timedelta(hours=1),
    )
    page = admin_client.get(reverse(f"{TRASH}stats") + "?days=7")
    assert len(page.context["chart"]["days"]) == 7
    assert b"<script>alert" not in page.content
    assert b"198.51.100.7" in page.content
    assert len(admin_client.get(reverse(f"{TRASH}stats") + "?days=x").context["chart"]["days"]) == 30


@pytest.mark.django_db
@override_settings(LANGUAGE_CODE="fr")
def test_pages_are_in_french_too(admin_client: Client) -> None:
    """The headings, in the language of the site."""
    page = admin_client.get(reverse(f"{TRASH}stats")).content.decode()
    assert "Bannissements et levées par jour" in page
