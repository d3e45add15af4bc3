"""The form of bans by hand."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from ideolab_accesslog.admin.forms import MOST, BanForm, read_reason


def _form(addresses: str) -> BanForm:
    return BanForm({"addresses": addresses, "time": "24h", "reason": " two \n words "})


def test_each_address_comes_once_in_the_stored_notation() -> None:
    """Lines, spaces and commas part them."""
    form = _form("198.51.100.7, 2001:DB8:0::7\n::ffff:198.51.100.7 198.51.100.8")
    assert form.is_valid()
    assert form.cleaned_data["addresses"] == ["198.51.100.7", "2001:db8::7", "198.51.100.8"]
    assert form.cleaned_data["reason"] == "two words"


@pytest.mark.parametrize(
    "word",
    ["198.51.100.0/24", "2001:0:c633:6407::/64", "example.com", "fe80::1%eth0", "198.51.100.256", "-h"],
)
def test_what_is_no_address_is_named(word: str) -> None:
    """Nothing is banned when one word is wrong."""
    form = _form(f"198.51.100.7 {word}")
    assert not form.is_valid()
    assert form.errors["addresses"] == [f"Not an address: {word}"]


def test_there_is_a_limit() -> None:
    """More than MOST addresses are two calls."""
    form = _form(" ".join(f"10.0.{number // 250}.{number % 250}" for number in range(MOST + 1)))
    assert form.errors["addresses"] == ["At most 1000 addresses at once."]


@given(st.text(max_size=200))
def test_no_text_breaks_the_form(text: str) -> None:
    """It is valid, or it says what is wrong."""
    form = _form(text)
    assert form.is_valid() != bool(form.errors)


def test_a_reason_without_a_form() -> None:
    """It is one line that each database takes, and no longer than its column."""
    request = RequestFactory().post("/", {"reason": f" a \n \0b {'x' * 300}"})

    assert read_reason(request) == f"a \N{REPLACEMENT CHARACTER}b {'x' * 250}"[:255]
