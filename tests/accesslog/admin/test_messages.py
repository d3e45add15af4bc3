"""The messages after a ban, unban or check."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation

from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.firewall.calls import NOT_EXECUTED, CallResult


def shown(result: CallResult) -> list[tuple[str, str]]:
    """(level, text) of each message."""
    request: HttpRequest = RequestFactory().get("/")
    setattr(request, "_messages", CookieStorage(request))  # noqa: B010
    show_result(request, result)
    return [(message.level_tag, message.message) for message in get_messages(request)]


def test_each_state_has_its_message() -> None:
    """What the site does and what the firewall has; why something failed is in parentheses."""
    result = CallResult("ban")
    result.set("198.51.100.1", "failed", "sudo: a password is required")
    result.set("198.51.100.2", "done", '{"result": "banned"}', True)
    result.set("198.51.100.3", "done", "written for fail2ban's jail ideolab-manual")
    result.set("198.51.100.4", "refused", "your own address")
    result.set("198.51.100.5", "repeated", "asked for a moment ago")
    result.set("198.51.100.6", "pending", "the transaction is not committed yet")
    result.set("198.51.100.7", "skipped", NOT_EXECUTED)
    result.set("198.51.100.8", "skipped", "there is no firewall")

    assert shown(result) == [
        ("success", "BAN: 1 address banned; the site answers 403; in the firewall: 198.51.100.2"),
        ("success", "BAN: 1 address banned; the site answers 403; fail2ban was told: 198.51.100.3"),
        ("info", "BAN: 1 address noted: 198.51.100.6 (the transaction is not committed yet)"),
        ("info", "BAN: 1 address already asked for a moment ago: 198.51.100.5 (asked for a moment ago)"),
        (
            "warning",
            "BAN: 1 address banned; the site answers 403; no firewall was told: "
            "198.51.100.8 (there is no firewall)",
        ),
        (
            "success",
            "BAN: 1 address banned; the site answers 403; "
            "TRASHIP_FIREWALL_EXECUTE is False: no firewall was told: 198.51.100.7",
        ),
        ("error", "BAN: 1 address refused: 198.51.100.4 (your own address)"),
        (
            "error",
            "BAN: 1 address banned; the site answers 403; the firewall failed: "
            "198.51.100.1 (sudo: a password is required)",
        ),
    ]


def test_a_site_that_refuses_nobody_says_so(settings: Any) -> None:
    """With TRASHIP_BLOCK_BANNED off a ban is the firewall's alone."""
    settings.TRASHIP_BLOCK_BANNED = False
    result = CallResult("ban")
    result.set("198.51.100.7", "skipped", NOT_EXECUTED)

    assert "not refused by the site (TRASHIP_BLOCK_BANNED)" in shown(result)[0][1]


def test_unban_and_check() -> None:
    """An unban that no firewall knows of is as good as its settings; a check says what there is."""
    lifted = CallResult("unban")
    lifted.set("198.51.100.1", "done", "", False)
    lifted.set("198.51.100.2", "held", "banned by jail sshd")
    lifted.set("198.51.100.3", "skipped", NOT_EXECUTED)
    checked = CallResult("check")
    checked.set("198.51.100.1", "done", "", True)
    checked.set("198.51.100.2", "done", "", False)
    checked.set("198.51.100.3", "skipped", NOT_EXECUTED)

    assert [*shown(lifted), *shown(checked)] == [
        (
            "success",
            "UNBAN: 1 ban lifted; the site answers again; not in the firewall: 198.51.100.1",
        ),
        (
            "warning",
            "UNBAN: 1 ban lifted; the site answers again; held by another jail: "
            "198.51.100.2 (banned by jail sshd)",
        ),
        (
            "success",
            "UNBAN: 1 ban lifted; the site answers again; "
            "TRASHIP_FIREWALL_EXECUTE is False: no firewall was told: 198.51.100.3",
        ),
        (
            "success",
            "CHECK: 2 addresses done: 198.51.100.1 (in the firewall); 198.51.100.2 (not in the firewall)",
        ),
        (
            "warning",
            "CHECK: 1 address not executed: 198.51.100.3 "
            "(TRASHIP_FIREWALL_EXECUTE is False: no firewall was told)",
        ),
    ]


def test_many_addresses_are_not_all_named() -> None:
    """Five, and that there are more."""
    result = CallResult("check")
    for number in range(6):
        result.set(f"198.51.100.{number}", "failed", "no answer")
    result.set("2001:db8::7", "done", "")

    assert shown(result) == [
        ("success", "CHECK: 1 address done: 2001:db8::7"),
        (
            "error",
            "CHECK: 6 addresses failed: "
            + "; ".join(f"198.51.100.{number} (no answer)" for number in range(5))
            + " and more",
        ),
    ]


def test_the_messages_are_in_french_too() -> None:
    """Also the details that are ours; what another program said stays as it is."""
    result = CallResult("ban")
    result.set("198.51.100.4", "refused", "loopback")
    result.set("198.51.100.1", "failed", "no answer")
    result.set("198.51.100.2", "failed", "sudo: a password is required")

    with translation.override("fr"):
        assert shown(result) == [
            ("error", "BAN : 1 adresse refusée : 198.51.100.4 (boucle locale)"),
            (
                "error",
                "BAN : 2 adresses bannies ; le site répond 403 ; le pare-feu a échoué : "
                "198.51.100.1 (pas de réponse) ; 198.51.100.2 (sudo: a password is required)",
            ),
        ]


@pytest.mark.parametrize(("address", "found"), [("198.51.100.7", ["198.51.100.7"]), ("", [])])
def test_the_address_of_the_click(address: str, found: list[str]) -> None:
    """None when the server does not know it."""
    assert find_own_address(RequestFactory(REMOTE_ADDR=address).get("/")) == found
