"""The pages beside the admin lists, through Django's own client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from ideolab_accesslog.models import TrashIP

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
    # in words, as the lists have it: without a firewall no ban is missing there
    assert b">refused by the site</span>" in page.content
    assert len(admin_client.get(reverse(f"{TRASH}stats") + "?days=x").context["chart"]["days"]) == 30


@pytest.mark.django_db
@override_settings(LANGUAGE_CODE="fr")
def test_pages_are_in_french_too(admin_client: Client) -> None:
    """The headings, in the language of the site."""
    page = admin_client.get(reverse(f"{TRASH}stats")).content.decode()
    assert "Bannissements et levées par jour" in page
