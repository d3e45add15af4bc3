"""The list of addresses and its actions, through Django's own client."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ideolab_accesslog.models import FirewallActionLog, TrashIP

TRASH = "admin:ideolab_accesslog_traship_"
HOSTILE = '/<script>alert(1)</script>"onmouseover=x'


def _staff(*permissions: str) -> Client:
    user = User.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def _trash(*addresses: str) -> list[TrashIP]:
    return [TrashIP.objects.create(ip=address, last_path=HOSTILE, count_404=3) for address in addresses]


def _messages(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def _act(client: Client, action: str, rows: list[TrashIP], **more: str) -> Any:
    data = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(reverse(f"{TRASH}changelist"), data, follow=True)


@pytest.mark.django_db
@pytest.mark.parametrize(("action", "seconds"), [("ban_24h", 86400), ("ban_7d", 7 * 86400)])
def test_a_ban_asks_once_more_and_has_an_end(admin_client: Client, action: str, seconds: int) -> None:
    """The first click shows the addresses, the second one bans them."""
    rows = _trash("198.51.100.7", "2001:db8::7")
    page = _act(admin_client, action, rows)
    assert b"198.51.100.7" in page.content
    assert b"<script>alert" not in page.content
    assert FirewallActionLog.objects.count() == 0
    _act(admin_client, action, rows, confirmed="yes", reason="scan  of\nus")
    banned = TrashIP.objects.filter(is_banned=True, ban_reason="scan of us")
    assert banned.count() == 2
    for row in banned:
        assert row.ban_until is not None
        assert abs((row.ban_until - timezone.now()).total_seconds() - seconds) < 60
    audit = FirewallActionLog.objects.filter(action="ban", actor_name="admin", bantime=seconds)
    assert sorted(row.state for row in audit) == ["skipped", "skipped"]


@pytest.mark.django_db
def test_a_ban_for_good_and_its_end(admin_client: Client) -> None:
    """Permanent is no time; UNBAN takes the ban back at once."""
    rows = _trash("198.51.100.7")
    _act(admin_client, "ban_permanent", rows, confirmed="yes")
    assert TrashIP.objects.filter(is_banned=True, ban_until=None).count() == 1
    answer = _act(admin_client, "unban_now", rows)
    assert TrashIP.objects.filter(is_banned=False).count() == 1
    assert any(text.startswith("UNBAN: ") for text in _messages(answer))


@pytest.mark.django_db(transaction=True)
def test_check_is_noted(admin_client: Client) -> None:
    """A CHECK that could not be made says so."""
    answer = _act(admin_client, "check_firewall", _trash("198.51.100.7"))
    assert FirewallActionLog.objects.get().action == "check"
    assert any(text.startswith("CHECK: 1 address not executed") for text in _messages(answer))


@pytest.mark.django_db
def test_nobody_bans_himself() -> None:
    """The address that the click comes from is refused."""
    client = Client(REMOTE_ADDR="198.51.100.7")
    client.force_login(User.objects.create_superuser("root"))
    answer = _act(client, "ban_24h", _trash("198.51.100.7"), confirmed="yes")
    assert TrashIP.objects.filter(is_banned=True).count() == 0
    assert any("your own address" in text for text in _messages(answer))


@pytest.mark.django_db
def test_each_action_needs_its_permission() -> None:
    """Who may only look is offered no ban, and a forged POST does nothing."""
    client = _staff("view_traship")
    rows = _trash("198.51.100.7")
    page = client.get(reverse(f"{TRASH}changelist")).content
    assert b'value="check_firewall"' in page
    for word in (b"ban_24h", b"unban_now", b"traship/ban/", b"traship/stats/"):
        assert word not in page
    _act(client, "ban_24h", rows, confirmed="yes")
    _act(client, "unban_now", rows)
    assert FirewallActionLog.objects.count() == 0
    for name in ("ban", "stats"):
        assert client.get(reverse(TRASH + name)).status_code == 403


@pytest.mark.django_db
def test_too_many_at_once_are_refused(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """`select all` of five million rows is no ban."""
    from ideolab_accesslog.admin.lists import addresses

    monkeypatch.setattr(addresses, "MOST", 1)
    answer = _act(admin_client, "ban_24h", _trash("198.51.100.7", "198.51.100.8"), confirmed="yes")
    assert _messages(answer) == ["At most 1 addresses at once."]
    assert TrashIP.objects.filter(is_banned=True).count() == 0
