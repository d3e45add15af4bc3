"""What became of one address, as a line and as JSON."""

from __future__ import annotations

import json
from ipaddress import ip_network

import pytest

from ideolab_f2b.bans.result import BanResult, text_of


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (
            BanResult("198.51.100.7", "banned", 1795359121),
            "banned     198.51.100.7                             until 2026-11-22 14:52:01 UTC",
        ),
        (
            BanResult("2001:db8::/64", "already"),
            "already    2001:db8::/64                            permanent",
        ),
        (BanResult("198.51.100.7", "not-banned"), "not-banned 198.51.100.7"),
        (
            BanResult("198.51.100.7", "unbanned", None, "sshd"),
            "unbanned   198.51.100.7                             sshd",
        ),
    ],
)
def test_a_line_for_a_person(result: BanResult, line: str) -> None:
    """A ban says when it ends; nothing stands at the end of a line without detail."""
    assert str(result) == line


def test_an_object_for_a_program() -> None:
    """All fields, whatever they are, behind the version and the time."""
    told = json.loads(BanResult("198.51.100.7", "unbanned", None, "sshd").to_json())

    assert list(told) == ["version", "t", "address", "result", "until", "detail"]
    assert (told["version"], told["result"], told["until"], told["detail"]) == (1, "unbanned", None, "sshd")


def test_what_counts_as_done() -> None:
    """An address that is as was asked, also when it was so before."""
    words = ("banned", "already", "unbanned", "not-banned", "refused", "error")

    assert [BanResult("198.51.100.7", word).is_done for word in words] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("network", "text"),
    [("198.51.100.7/32", "198.51.100.7"), ("198.51.100.0/24", "198.51.100.0/24"), ("::1/128", "::1")],
)
def test_networks_as_fail2ban_writes_them(network: str, text: str) -> None:
    """A single address has no prefix."""
    assert text_of(ip_network(network)) == text
