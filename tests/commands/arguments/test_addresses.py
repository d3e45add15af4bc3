"""Addresses as people write them: what is taken, and what is said of the rest."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.commands.arguments import addresses


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("198.51.100.7", "198.51.100.7/32"),
        (" 198.51.100.7\r", "198.51.100.7/32"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("198.51.100.0/255.255.255.0", "198.51.100.0/24"),
        ("2001:DB8::A/128", "2001:db8::a/128"),
        ("[2001:db8::1]", "2001:db8::1/128"),
        ("[2001:db8::]/64", "2001:db8::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7/32"),
        ("::FFFF:198.51.100.0/120", "198.51.100.0/24"),
    ],
)
def test_what_is_taken(text: str, network: str) -> None:
    """What can mean one thing only."""
    assert [str(one.network) for one in addresses.read_all([text])] == [network]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("AS64500", "this verb takes no AS number"),
        ("as 64500", "this verb takes no AS number"),
        ("198.51.100.7:443", "it has a port: write 198.51.100.7"),
        ("[2001:db8::1]:443", "it has a port: write 2001:db8::1"),
        ("fe80::1%eth0", "write the address without its interface"),
        (
            "198.51.100.7/24",
            "it has host bits: write 198.51.100.0/24 for the network, 198.51.100.7 for the address",
        ),
        (
            "2001:db8::7/64",
            "it has host bits: write 2001:db8::/64 for the network, 2001:db8::7 for the address",
        ),
        ("198.51.100.0-198.51.100.15", "it is a range: write 198.51.100.0/28"),
        (
            "198.51.100.1-198.51.100.250",
            "it is a range: write 198.51.100.1/32 198.51.100.2/31 198.51.100.4/30 198.51.100.8/29 and so on",
        ),
        ("198.51.100.9-198.51.100.1", "no address and no network"),
        ("010.51.100.7", "a zero stands in front of a number: leave it out"),
        ("198.51.100.07", "a zero stands in front of a number: leave it out"),
        ("198.51.100.*", "it is no network: write 198.51.100.0/24"),
        ("198.51.", "it is no network: write 198.51.0.0/16"),
        ("https://example.org/", "it is a URL: write the address of its host"),
        ("example.org", "no address and no network; names are not looked up: write the address"),
        ("198.51.100.256", "no address and no network"),
        ("198.51.100.0/33", "no address and no network"),
        ("3325256711", "no address and no network"),
        ("٣", "no address and no network"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, reason: str) -> None:
    """The reason says what to write instead."""
    assert [(one.network, one.reason) for one in addresses.read_all([text])] == [(None, reason)]


def test_several_in_one_word() -> None:
    """Commas and blanks part them; who is named twice, or in two notations, is there once."""
    given = addresses.read_all(
        ["198.51.100.7, 198.51.100.8;x", "x", "198.51.100.7/32", "::ffff:198.51.100.8"]
    )

    assert [one.text for one in given] == ["198.51.100.7", "198.51.100.8", "x"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each, with remarks, CRLF, a BOM and empty lines, as people save lists."""
    text = "\ufeff198.51.100.7\r\n\n# who\n2001:db8::/64 # all of it\nexample.org\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))

    given = addresses.read_all(["203.0.113.9", "-"])

    assert [one.text for one in given] == ["203.0.113.9", "198.51.100.7", "2001:db8::/64", "example.org"]
    assert [one.network is None for one in given] == [False, False, False, True]


def test_what_is_shown_of_a_wrong_word_is_harmless() -> None:
    """A list may come from an attacker: no control character reaches the terminal, and no page of text."""
    shown = [one.text for one in addresses.read_all(["\x1b[31mred", "é" * 500])]

    assert shown == [repr("\x1b[31mred"), repr(("\\xe9" * 500)[:60])]


@given(st.text(max_size=100))
def test_no_text_breaks_it(text: str) -> None:
    """Each word is a network, or has a reason."""
    for one in addresses.read_all([text.replace("-", "_")]):
        assert (one.network is None) == bool(one.reason)
        assert one.network is not None or (one.text.isascii() and one.text.isprintable())
