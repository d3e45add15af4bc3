"""Bans from the dashboard: what is shown before, who may, and what a POST cannot do."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from ideolab_accesslog.admin.security import shown
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP
from tests.accesslog.admin.security.staff import read_messages, staff
from tests.accesslog.conftest import VENDORS, FakeKernel

URL = "/admin/ideolab_accesslog/security/ban/?of="
ADDRESS, NETWORK, SYSTEM, SIX = "198.51.100.7", "198.51.100.0/24", "AS64500", "2001:db8:0:7::/64"
ALL = ("view_traship", "ban_ip", "ban_network", "ban_asn", "unban_ip")
pytestmark = pytest.mark.usefixtures("database")
each_database = pytest.mark.parametrize("database", VENDORS, indirect=True)


def sign(page: Any) -> str:
    """The signed preview of a page; "" where it has none."""
    found = re.search(r'name="preview" value="([^"]*)"', page.content.decode())
    return found[1] if found else ""


def confirm(client: Client, of: str, **more: str) -> Any:
    """Look at the preview, and press its button."""
    signed = sign(client.get(URL + of))
    return client.post(URL + of, {"time": "24h", "preview": signed, **more})


def visit(address: str, user: Any = None, times: int = 1) -> None:
    """Requests of the access log."""
    rows = [AccessLog(ip=address, user_id=user, method="GET", path="/", status_code=200)] * times
    AccessLog.objects.bulk_create(rows)


def facts(page: Any) -> dict[str, str]:
    """{row of the table: its text}."""
    # Django's list of models stands before it, with such cells too
    content = page.content.decode().partition('id="content"')[2]
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', content, re.DOTALL)
    return {unescape(name): " ".join(re.sub("<[^>]+>", " ", text).split()) for name, text in rows}


@each_database
@pytest.mark.parametrize("of", [ADDRESS, NETWORK, SYSTEM, SIX, "2001:db8::/48"])
def test_a_ban_is_shown_confirmed_and_made(kernel: FakeKernel, of: str) -> None:
    """The page changes nothing; the POST bans, and what is said is the firewall's answer."""
    client = staff(*ALL)
    page = client.get(URL + of)
    # unfold makes its breadcrumbs of it
    assert (page.status_code, page.context["opts"].model_name) == (200, "security")
    assert (kernel.elements(), TrashIP.objects.count(), FirewallActionLog.objects.count()) == ({}, 0, 0)

    answer = confirm(client, of, time="7d", reason=" a  scan\n")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/ideolab_accesslog/traship/")
    assert kernel.elements() == {of: "604800"}
    audit = FirewallActionLog.objects.values_list("ip", "action", "bantime", "reason", "state", "actor_name")
    assert list(audit) == [(of, "ban", 604800, "a scan", "done", "bob")]
    assert [text.rpartition("; ")[0].split("; ")[0] for text in read_messages(client)] == [
        {
            NETWORK: "BAN: 1 network banned",
            "2001:db8::/48": "BAN: 1 network banned",
            SYSTEM: "BAN: 1 AS banned",
        }.get(of, "BAN: 1 address banned")
    ]


def test_what_is_shown(kernel: FakeKernel) -> None:
    """Own visitors, logged-in ones apart, connections and the web server's clients, each with its total."""
    visit(ADDRESS, times=3)
    visit("198.51.100.8", user=7)
    visit("203.0.113.9")
    AccessLog.objects.filter(ip="203.0.113.9").update(ts=timezone.now() - timedelta(days=8))
    TrashIP.objects.create(ip="198.51.0.0/16", is_banned=True)

    page = staff(*ALL).get(URL + NETWORK)

    assert facts(page) == {
        "Addresses": "256 IPv4",
        "Visitors of this site in 7 days": "2 (4 requests)",
        "Logged-in users among them": "1 without those who only use the admin: ACCESSLOG_EXCLUDE_ADMIN",
        "Connections now": "3 of 120",
        "Clients in the web server's logs of 7 days": "12 of 4210",
        "Ban": "none 198.51.0.0/16 is banned, and holds it",
    }
    assert b"I know that 1 logged-in user loses access" in page.content


def test_what_the_log_does_not_have(kernel: FakeKernel, settings: Any) -> None:
    """No visitor is seen there: of a sample, since a moment ago."""
    settings.ACCESSLOG_SAMPLE_RATE, settings.ACCESSLOG_EXCLUDE_ADMIN = 0.5, False
    visit("203.0.113.9")
    begin = timezone.localtime(AccessLog.objects.get().ts)
    shown_facts = facts(staff(*ALL).get(URL + NETWORK))

    assert shown_facts["Visitors of this site in 7 days"] == (
        f"0 of a sample: ACCESSLOG_SAMPLE_RATE the access log begins at {begin:%Y-%m-%d %H:%M}"
    )
    assert shown_facts["Logged-in users among them"] == "0"


def test_unknown_is_said_and_never_0(kernel: FakeKernel) -> None:
    """A helper that does not answer, and an access log without a row; the ban can be made all the same."""
    kernel.behave("busy")
    client = staff(*ALL)
    page = client.get(URL + NETWORK)

    assert [text for name, text in facts(page).items() if name not in ("Addresses", "Ban")] == ["unknown"] * 4
    assert b"busy: 8 runs of uid 33 are not finished" in page.content
    (kernel.directory / "busy").unlink()
    client.post(URL + NETWORK, {"time": "24h", "preview": sign(page)})
    assert list(kernel.elements()) == [NETWORK]
    kernel.behave("busy")
    refused = client.get(URL + SYSTEM)
    assert (sign(refused), b"its networks are not known" in refused.content) == ("", True)


def test_the_helper_s_refusal_has_no_button(kernel: FakeKernel) -> None:
    """Its words are text, whatever they are."""
    kernel.behave("preview", json.dumps({"allowed": False, "refusals": ["<script>alert(1)</script> is own"]}))
    page = staff(*ALL).get(URL + NETWORK).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt; is own" in page
    assert 'type="submit" value="Ban"' not in page


@pytest.mark.parametrize("of", ["192.0.2.77", "192.0.2.0/24", "192.0.2.128/25", "203.0.113.0/24"])
def test_what_must_not_be_banned_has_no_button(kernel: FakeKernel, settings: Any, of: str) -> None:
    """The own address, alone and in a network, and a listed one; nor does a forged POST ban it."""
    settings.TRASHIP_NEVER_BAN = ["203.0.113.200"]
    client = staff(*ALL)
    refused = of != "192.0.2.128/25"
    assert (sign(client.get(URL + of)) == "") is refused
    if refused:
        stolen = sign(client.get(f"{URL}198.51.100.9"))
        for preview in ("", stolen):
            client.post(URL + of, {"time": "24h", "preview": preview, "knows": "yes"})
        assert (kernel.elements(), TrashIP.objects.count()) == ({}, 0)


def test_an_own_address_that_nobody_knows_is_told(kernel: FakeKernel) -> None:
    """By a unix socket without the setting for it: no ban spares the address of the click."""
    client, told = staff(*ALL), b"your own address: this site does not know where you come from"
    assert told not in client.get(URL + NETWORK).content
    assert told in client.get(URL + NETWORK, REMOTE_ADDR="").content


def test_an_as_with_the_own_address_has_no_button(kernel: FakeKernel) -> None:
    """By the networks that the helper names, and again when the button is pressed from another address."""
    client = staff(*ALL)
    signed = sign(client.get(URL + SYSTEM))
    inside = {"REMOTE_ADDR": "203.0.113.5"}
    assert sign(client.get(URL + SYSTEM, **inside)) == ""
    answer = client.post(URL + SYSTEM, {"time": "24h", "preview": signed}, **inside)
    assert (answer.status_code, kernel.elements()) == (200, {})
    assert b"your own address is in it" in answer.content


@pytest.mark.redteam
@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        (("ban_ip",), {ADDRESS, SIX}),
        (("ban_network",), {NETWORK}),
        (("ban_asn",), {SYSTEM}),
        (("unban_ip", "view_traship", "view_security"), set()),
    ],
)
def test_each_kind_needs_its_permission(
    kernel: FakeKernel, permissions: tuple[str, ...], allowed: set[str]
) -> None:
    """The page and the POST alike, also with a preview that somebody else was shown."""
    admin, client = staff(*ALL, name="alice"), staff(*permissions)
    for of in (ADDRESS, NETWORK, SYSTEM, SIX):
        status = 200 if of in allowed else 403
        assert client.get(URL + of).status_code == status
        stolen = sign(admin.get(URL + of))
        answer = client.post(URL + of, {"time": "24h", "preview": stolen})
        # another user's preview is none: it is shown anew
        assert answer.status_code == status
    assert kernel.elements() == {}


@pytest.mark.redteam
@pytest.mark.parametrize(
    "of",
    [
        *("", "x", "0.0.0.0/0", "::/0", "198.51.100.7/24", "fe80::1%25eth0", "::ffff:198.51.100.0/120"),
        *(
            "AS0",
            "AS64500;reboot",
            "9" * 7000,
            "198.51.100.7%0Aban%20203.0.113.1",
            "%00",
            "%E2%80%AE198.51.100.7",
        ),
    ],
)
def test_what_names_nothing_is_not_found(kernel: FakeKernel, of: str) -> None:
    """For a look and for a POST."""
    client = staff(*ALL)
    assert client.get(URL + of).status_code == 404
    assert client.post(URL + of, {"time": "24h", "preview": "x"}).status_code == 404
    assert (kernel.calls(), kernel.elements()) == (0, {})


@pytest.mark.redteam
def test_a_forged_post_bans_nobody(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without CSRF's token, with another target, another time, an old or a broken preview."""
    client = staff(*ALL)
    signed = sign(client.get(URL + NETWORK))
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="192.0.2.77")
    strict.force_login(User.objects.get(username="bob"))
    assert strict.post(URL + NETWORK, {"time": "24h", "preview": signed}).status_code == 403
    assert client.post(URL + NETWORK, {"time": "1", "preview": signed}).status_code == 400
    assert client.post(URL + NETWORK, {"preview": signed}).status_code == 400
    for of, preview in ((ADDRESS, signed), (NETWORK, signed[:-1]), (NETWORK, "x" * 200_000), (NETWORK, "")):
        answer = client.post(URL + of, {"time": "24h", "preview": preview})
        assert b"this preview is too old" in answer.content
    monkeypatch.setattr(shown, "OLDEST_S", 0)
    assert (
        b"this preview is too old" in client.post(URL + NETWORK, {"time": "24h", "preview": signed}).content
    )
    assert (kernel.elements(), TrashIP.objects.count()) == ({}, 0)


def test_whoever_is_logged_in_needs_a_second_tick(kernel: FakeKernel) -> None:
    """And a user who has come since the preview is a change."""
    visit(ADDRESS, user=7)
    client = staff(*ALL)
    signed = sign(client.get(URL + NETWORK))
    answer = client.post(URL + NETWORK, {"time": "24h", "preview": signed, "reason": "kept"})
    assert b"say that you know who loses access" in answer.content
    assert b'value="kept"' in answer.content
    visit("198.51.100.9", user=8)
    answer = client.post(URL + NETWORK, {"time": "24h", "preview": signed, "knows": "yes"})
    assert b"what the ban would hit has changed" in answer.content
    assert kernel.elements() == {}

    confirm(client, NETWORK, knows="yes")
    assert list(kernel.elements()) == [NETWORK]


def test_a_double_click_is_one_ban(kernel: FakeKernel) -> None:
    """The second one says that it was made, and not that something has changed."""
    client = staff(*ALL)
    form = {"time": "24h", "preview": sign(client.get(URL + NETWORK))}

    assert [client.post(URL + NETWORK, form).status_code for _click in range(2)] == [302, 302]

    assert FirewallActionLog.objects.filter(action="ban").count() == 1
    assert [text[:28] for text in read_messages(client)] == [
        "BAN: 1 network banned; the s",
        "BAN: asked for a moment ago:",
    ]


def test_a_ban_of_somebody_else_is_a_change(kernel: FakeKernel) -> None:
    """It is shown before a second one replaces its time."""
    client, other = staff(*ALL), staff(*ALL, name="alice")
    signed = sign(client.get(URL + NETWORK))
    confirm(other, NETWORK, time="permanent")

    answer = client.post(URL + NETWORK, {"time": "24h", "preview": signed})

    assert b"what the ban would hit has changed" in answer.content
    assert kernel.elements() == {NETWORK: "permanent"}


def test_what_the_firewall_says_is_said(kernel: FakeKernel) -> None:
    """A refusal that no preview showed, and a helper that fails."""
    client = staff(*ALL)
    signed = sign(client.get(URL + NETWORK))
    kernel.behave("refuse", NETWORK)
    client.post(URL + NETWORK, {"time": "24h", "preview": signed})
    assert read_messages(client) == [
        "BAN: 1 network banned; the site answers 403; the firewall failed: 198.51.100.0/24 "
        "(refused: listed in /etc/ideolab/never-ban)"
    ]


def test_a_line_of_the_log_bans_networks_only(manual_log: Path) -> None:
    """There is no helper, so nothing says what it would hit; an AS has no button."""
    client = staff(*ALL)
    page = client.get(URL + NETWORK)
    assert b"ideolab-fw-ip is not there" in page.content
    confirm(client, NETWORK)
    assert " manual: ban 198.51.100.0/24 ttl=86400 " in manual_log.read_text()
    assert sign(client.get(URL + SYSTEM)) == ""
    assert sign(client.get(f"{URL}203.0.0.0/16")) == ""


def test_the_site_alone_refuses_a_network(settings: Any) -> None:
    """Noted, and the site answers 403; the page says that no firewall knows of it."""
    settings.TRASHIP_FIREWALL_EXECUTE = False
    client = staff(*ALL)
    assert b"TRASHIP_FIREWALL_EXECUTE is off" in client.get(URL + NETWORK).content
    confirm(client, NETWORK)
    assert read_messages(client) == [
        "BAN: 1 network banned; the site answers 403; TRASHIP_FIREWALL_EXECUTE is False: "
        "no firewall was told: 198.51.100.0/24"
    ]
