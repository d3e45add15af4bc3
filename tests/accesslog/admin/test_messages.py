"""The messages after a ban, unban or check."""

from __future__ import annotations

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
    """The good ones first; what the firewall confirmed, and why something failed, is in parentheses."""
    result = CallResult("ban")
    result.set("198.51.100.1", "failed", "sudo: a password is required")
    result.set("198.51.100.2", "done", "", True)
    result.set("198.51.100.3", "done", "", False)
    result.set("198.51.100.4", "refused", "your own address")
    result.set("198.51.100.5", "repeated", "asked for a moment ago")
    result.set("198.51.100.6", "pending", "the transaction is not committed yet")
    result.set("198.51.100.7", "skipped", NOT_EXECUTED)
    result.set("198.51.100.8", "held", "banned by jail sshd")

    assert shown(result) == [
        (
            "success",
            "BAN: 2 addresses done: 198.51.100.2 (in the firewall); 198.51.100.3 (not in the firewall)",
        ),
        ("warning", "BAN: 1 address held by another jail: 198.51.100.8 (banned by jail sshd)"),
        ("info", "BAN: 1 address noted: 198.51.100.6 (the transaction is not committed yet)"),
        ("info", "BAN: 1 address already asked for a moment ago: 198.51.100.5 (asked for a moment ago)"),
        (
            "warning",
            "BAN: 1 address not executed: 198.51.100.7 "
            "(TRASHIP_FIREWALL_EXECUTE is False: noted, and nothing was run)",
        ),
        ("error", "BAN: 1 address refused: 198.51.100.4 (your own address)"),
        ("error", "BAN: 1 address failed: 198.51.100.1 (sudo: a password is required)"),
    ]


def test_many_addresses_are_not_all_named() -> None:
    """Five, and that there are more; an address without a detail is not named."""
    result = CallResult("check")
    for number in range(6):
        result.set(f"198.51.100.{number}", "failed", "no answer")
    result.set("2001:db8::7", "done", "")

    assert shown(result) == [
        ("success", "CHECK: 1 address done"),
        (
            "error",
            "CHECK: 6 addresses failed: "
            + "; ".join(f"198.51.100.{number} (no answer)" for number in range(5))
            + " and more",
        ),
    ]


def test_the_messages_are_in_french_too() -> None:
    """Also the fixed details; what the firewall itself said stays as it is."""
    result = CallResult("ban")
    result.set("198.51.100.4", "refused", "your own address")
    result.set("198.51.100.1", "failed", "no answer")

    with translation.override("fr"):
        assert shown(result) == [
            ("error", "BAN : 1 adresse refusée : 198.51.100.4 (votre propre adresse)"),  # codespell:ignore
            ("error", "BAN : 1 adresse en échec : 198.51.100.1 (no answer)"),  # codespell:ignore
        ]


@pytest.mark.parametrize(("address", "found"), [("198.51.100.7", ["198.51.100.7"]), ("", [])])
def test_the_address_of_the_click(address: str, found: list[str]) -> None:
    """None when the server does not know it."""
    assert find_own_address(RequestFactory(REMOTE_ADDR=address).get("/")) == found
