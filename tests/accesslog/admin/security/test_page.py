"""The frame of the dashboard: who may see it, and what it shows before a script runs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from ideolab_accesslog.admin.security import page
from tests.accesslog.security_page.states import HOSTILE, STATES

PAGE = "admin:ideolab_accesslog_security_changelist"
pytestmark = pytest.mark.django_db


def sign_in(*permissions: str) -> Client:
    """A client of a member of the staff with these permissions."""
    user = User.objects.create_user("bob", is_staff=True)
    for name in permissions:
        user.user_permissions.add(Permission.objects.get(codename=name))
    client = Client()
    client.force_login(user)
    return client


def show(monkeypatch: pytest.MonkeyPatch, state: str, client: Client) -> str:
    """The page with the data of a state."""
    monkeypatch.setattr(page, "read_for", lambda _user, _period: STATES[state]())
    response = client.get(reverse(PAGE))
    assert response.status_code == 200
    text: str = response.content.decode()
    return text


def read_json(text: str, name: str) -> Any:
    """What a block of the page holds."""
    found = re.search(f'<script id="{name}" type="application/json">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.parametrize(
    ("permissions", "status"), [((), 403), (("view_traship",), 403), (("view_security",), 200)]
)
def test_who_may_see_it(permissions: tuple[str, ...], status: int) -> None:
    """view_security, and nothing else."""
    assert sign_in(*permissions).get(reverse(PAGE)).status_code == status


def test_who_is_not_signed_in_is_sent_to_the_login_page() -> None:
    """As from each page of the admin."""
    assert Client().get(reverse(PAGE)).headers["Location"] == f"/admin/login/?next={reverse(PAGE)}"


@pytest.mark.parametrize(
    ("query", "period"), [("", "24h"), ("?period=7d", "7d"), ("?period=30d", "30d"), ("?period=../x", "24h")]
)
def test_the_period_is_one_of_four(monkeypatch: pytest.MonkeyPatch, query: str, period: str) -> None:
    """Anything else is the usual one."""
    monkeypatch.setattr(page, "read_for", lambda _user, wanted: {**STATES["calm"](), "period": wanted})
    text = sign_in("view_security").get(reverse(PAGE) + query).content.decode()
    assert read_json(text, "ideolab-data")["period"] == period


def test_no_link_leads_where_the_reader_may_not_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without view_traship a row opens by script only."""
    client = sign_in("view_security")
    text = show(monkeypatch, "attack", client)
    assert read_json(text, "ideolab-config")["links"] == {"address": "", "network": "", "asn": ""}
    assert 'data-of="198.51.100.2" href="#of=198.51.100.2"' in text
    assert "traship" not in text.partition('id="content-main"')[2].replace("ideolab-traship", "")


def test_what_the_scripts_get(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses of this site, and the data of the first paint."""
    text = show(monkeypatch, "attack", sign_in("view_security", "view_traship"))
    config = read_json(text, "ideolab-config")
    assert {key: config[key] for key in ("data", "stream", "detail", "every_ms")} == {
        "data": "/admin/ideolab_accesslog/security/data/?period=24h",
        "stream": None,
        "detail": "/admin/ideolab_accesslog/security/detail/?period=24h",
        "every_ms": 5000,
    }
    assert config["links"]["address"] == "/admin/ideolab_accesslog/traship/address/~OF~/"
    assert read_json(text, "ideolab-data") == STATES["attack"]()


def test_a_site_that_streams_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """can_stream decides it for each request."""
    monkeypatch.setattr(page, "can_stream", lambda _request: True)
    config = read_json(show(monkeypatch, "calm", sign_in("view_security")), "ideolab-config")
    assert config["stream"] == "/admin/ideolab_accesslog/security/stream/?period=24h"


@pytest.mark.parametrize(
    ("state", "level", "word"),
    [
        ("calm", "calm", "Calm"),
        ("attack", "attack", "Under attack, handled"),
        ("alarm", "alarm", "Alarm"),
        ("unknown", "unknown", "Unknown"),
    ],
)
def test_the_verdict_is_a_word(monkeypatch: pytest.MonkeyPatch, state: str, level: str, word: str) -> None:
    """Never a colour alone."""
    text = show(monkeypatch, state, sign_in("view_security"))
    assert f'id="ideolab-verdict" data-level="{level}"' in text
    assert f'data-is="level">{word}</p>' in text


def test_what_is_unknown_is_no_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five cards without a number, and seven lists that say so."""
    text = show(monkeypatch, "unknown", sign_in("view_security"))
    assert text.count('<p class="ideolab-value" data-is="value">unknown</p>') == 5
    assert text.count('<p class="ideolab-none">unknown</p>') == 7


def test_hostile_texts_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither markup, nor the end of a script, nor ten thousand characters leave their place."""
    text = show(monkeypatch, "hostile", sign_in("view_security"))
    assert not [one for one in HOSTILE[:3] if one in text]
    assert 'onerror="' not in text
    assert "W" * 301 not in text
    assert "\u202e" not in text
    assert 'data-is="reason">\\u202egnp.exe \\u2066txt\\u2069 \\u200b\\x00\\x1b[31m<' in text


def test_before_the_first_import_everything_is_unknown() -> None:
    """The page of a site on which nothing is set up yet."""
    text = sign_in("view_security").get(reverse(PAGE)).content.decode()
    assert 'data-level="' in text


@pytest.mark.parametrize("name", ["traship_changelist", "traship_stats", "traship_traffic"])
def test_other_pages_link_to_it(name: str) -> None:
    """For those who may see it."""
    address = reverse(f"admin:ideolab_accesslog_{name}")
    link = f'href="{reverse(PAGE)}"'
    content = 'id="content"'
    client = sign_in("view_traship", "view_stats")
    assert link not in client.get(address).content.decode().partition(content)[2]
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_security"))
    assert link in client.get(address).content.decode().partition(content)[2]


def test_the_page_of_an_address_links_to_its_row() -> None:
    """A /64 too, whose text has a slash."""
    client = sign_in("view_traship", "view_security")
    address = reverse("admin:ideolab_accesslog_traship_address", args=["2001:db8:0:7::/64"])
    assert f'href="{reverse(PAGE)}#of=2001:db8:0:7::/64"' in client.get(address).content.decode()
