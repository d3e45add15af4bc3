"""The pages of a site with LANGUAGE_CODE = "fr": no word of this app is left in English."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Optional

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ideolab_accesslog.firewall import texts
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP
from tests.accesslog.conftest import FakeKernel
from tests.accesslog.test_locale import source

BASE = "admin:ideolab_accesslog_"
_WORD = re.compile(r"[^\W\d]+(?:['\u2019_-][^\W\d]+)*")
#: words of people's programs and of protocols, which are the same in both languages
_NAMES = {"admin", "manual", "log", "jail", "fail2ban", "root", "user", "agent", "error", "ideolab"}
#: words that betray an English sentence, whether the catalogue knows it or not
_PLAIN = {"the", "of", "and", "is", "not", "was", "with", "for", "this", "that", "yes", "no", "by", "until"}
#: attributes that a browser shows
_SHOWN = {"title", "alt", "placeholder", "aria-label"}


class _Texts(HTMLParser):
    """Collects what a reader sees or hears of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Optional[str]]]) -> None:
        if tag in ("script", "style", "code"):
            self._inside.append(tag)
        given = dict(attrs)
        shown = {*_SHOWN, "value"} if (tag, given.get("type")) == ("input", "submit") else _SHOWN
        self.found += [value for name, value in attrs if name in shown and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found.append(data)


def english() -> set[str]:
    """The words of our texts that no French text has."""
    ours = source()
    words = {word for _c, one, many in ours for text in (one, many or "") for word in _split(text)}
    french = {word for translations in ours.values() for text in translations for word in _split(text)}
    return (words - french - _NAMES) | _PLAIN


def _split(text: str) -> Iterator[str]:
    # commands stay as they are typed
    yield from (word.lower() for word in _WORD.findall(re.sub(r"`[^`]*`|%\(\w+\)\w", " ", text)))


def left_in_english(page: Any) -> dict[str, set[str]]:
    """The English words of a page, with the texts that they stand in."""
    parser = _Texts()
    parser.feed(page.content.decode())
    wrong = english()
    return {text.strip(): set(_split(text)) & wrong for text in parser.found if set(_split(text)) & wrong}


@pytest.fixture
def french(settings: Any) -> None:
    """The site's language."""
    settings.LANGUAGE_CODE = "fr"


@pytest.fixture
def rows(transactional_db: None) -> None:
    """A row of every reason, state and text, with French data."""
    now = timezone.now()
    noted, held = f"{texts.NOT_RUN}{texts.NOT_EXECUTED}", f"{texts.HELD}banned by jail sshd"
    said = ("", noted, held, "no answer", f"{texts.NOT_RUN}{texts.LOG_CANNOT_CHECK}")
    for number, reason in enumerate(TrashIP.Reason.values):
        TrashIP.objects.create(
            ip=f"198.51.100.{number + 1}", reason=reason, last_path="/chemin", is_banned=number != 3,
            ban_reason=reason, iptables_applied=number == 4, firewall_error=said[number],
        )  # fmt: skip
    TrashIP.objects.create(ip="2001:db8:0:7::/64", is_banned=True, ban_until=now, iptables_applied=True)
    stored = [*texts._FIXED, "127.0.0.0/8 of TRASHIP_NEVER_BAN", "refused: loopback", "listed in /etc/x"]
    for number, text in enumerate(stored):
        FirewallActionLog.objects.create(
            batch=uuid.UUID(f"{number:032d}"), ip="198.51.100.1", actor_name="alice",
            stderr=text, stdout=text, reason=text,
            action=FirewallActionLog.Action.values[number % 3],
            state=FirewallActionLog.State.values[number % 5], bantime=(None, 60, 7200, 86400)[number % 4],
        )  # fmt: skip
    AccessLog.objects.create(ip="198.51.100.1", path="/chemin", method="GET", status_code=200, user_id=99)


def _pages() -> Iterator[str]:
    for model in (AccessLog, TrashIP, FirewallActionLog):
        base = f"{BASE}{model._meta.model_name}_"
        yield reverse(f"{base}changelist")
        yield reverse(f"{base}changelist") + "?q=198.51.100.9"
        yield from (reverse(f"{base}change", args=[row.pk]) for row in model.objects.all())
    yield from (reverse("admin:index"), reverse("admin:app_list", args=["ideolab_accesslog"]))
    yield from (reverse(f"{BASE}traship_{name}") for name in ("ban", "stats", "traffic"))
    for address in ("198.51.100.1", "198.51.100.4", "198.51.100.9", "2001:db8:0:7::/64"):
        yield reverse(f"{BASE}traship_address", args=[address])


def test_no_page_has_an_english_word(french: None, rows: None, admin_client: Client) -> None:
    """Columns, filters, choices, help texts, badges, and what the firewall said."""
    for path in _pages():
        page = admin_client.get(path)
        assert page.status_code == 200
        assert left_in_english(page) == {}, path


@pytest.mark.parametrize("execute", [False, True])
@pytest.mark.parametrize("transport", ["log", "helper"])
def test_no_answer_to_an_action_has_one(
    french: None, rows: None, admin_client: Client, kernel: FakeKernel, settings: Any, tmp_path: Any,
    execute: bool, transport: str,
) -> None:  # fmt: skip
    """The page that asks once more, and the messages of each action, done or refused."""
    settings.TRASHIP_FIREWALL_EXECUTE = execute
    settings.TRASHIP_FIREWALL_TRANSPORT = transport
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "manual.log")
    settings.TRASHIP_NEVER_BAN = ["198.51.100.2"]
    kernel.behave("refuse", "198.51.100.3")
    chosen = {"_selected_action": list(TrashIP.objects.values_list("pk", flat=True))}
    path = reverse(f"{BASE}traship_changelist")
    for action in ("ban_24h", "ban_7d", "ban_permanent", "unban_now", "check_firewall"):
        for more in ({}, {"confirmed": "yes"}):
            page = admin_client.post(path, {**chosen, "action": action, **more}, follow=True)
            assert left_in_english(page) == {}, (action, more)
    for typed in ("", "198.51.100.300", "127.0.0.1 198.51.100.7", "198.51.100.7 " * 1001):
        page = admin_client.post(
            reverse(f"{BASE}traship_ban"), {"addresses": typed, "time": "24h"}, follow=True
        )
        assert left_in_english(page) == {}, typed[:60]


def test_the_search_finds_english(admin_client: Client, db: None) -> None:
    """The same search on an English page finds a lot: the test above tests something."""
    User.objects.create_user("bob")
    assert len(left_in_english(admin_client.get(reverse(f"{BASE}traship_changelist")))) > 10
