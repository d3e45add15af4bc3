"""field: what a stranger wrote becomes a plain value or nothing."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.origin import field

V4 = ipaddress.ip_address("198.51.100.7")
V6 = ipaddress.ip_address("2001:db8::7")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EXAMPLE - Café, FR", "EXAMPLE - Café, FR"),
        ("  many   spaces\t and \r\n lines ", "many spaces and lines"),
        ("\x1b[31mred\x1b[0m\x07", "[31mred[0m"),
        ("\u202egnp.exe\u200b\u2028\ue000\ud800", "gnp.exe"),
        ("x" * 1_000_000, "x" * 120),
        ("\x00\x01", None),
        ("", None),
        (None, None),
    ],
)
def test_names(text: object, name: str | None) -> None:
    """One printable line of bounded length."""
    assert field.name(text) == name


@given(st.text())
def test_every_name_can_be_printed(text: str) -> None:
    """Whatever the text was."""
    name = field.name(text)

    assert name is None or (name.isprintable() and 0 < len(name) <= 120)


@pytest.mark.parametrize(
    ("text", "asn"),
    [
        ("64500", "64500"),
        (" AS64500 ", "64500"),
        (64500, "64500"),
        ("64500 64501", "64500"),
        ("{64500,64501}", "64500"),
        ("4294967295", "4294967295"),
        ("4294967296", None),
        ("0", None),
        ("1.10", None),
        ("99999999999", None),
        ("NA", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers(text: object, asn: str | None) -> None:
    """Digits of 32 bits; of several origins the first."""
    assert field.asn(text) == asn


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("FR", "FR"),
        (" fr ", "FR"),
        ("EU", "EU"),
        ("NA", "NA"),
        ("ZZ", None),
        ("", None),
        ("FRA", None),
        (None, None),
    ],
)
def test_countries(text: object, country: str | None) -> None:
    """Two letters; NA is Namibia."""
    assert field.country(text) == country


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("198.51.100.0/24", "198.51.100.0/24"),
        (" 198.51.100.7/22 ", "198.51.100.0/22"),
        ("198.51/16", "198.51.0.0/16"),
        ("198.51.100/24", "198.51.100.0/24"),
        ("203.0.113.0/24", None),
        ("0.0.0.0/0", None),
        ("198.0.0.0/7", None),
        ("198.51.100.7", None),
        ("2001:db8::/32", None),
        ("NA", None),
        ("/", None),
        ("198.51.100.0/24/24", None),
        ("9" * 5000 + "/24", None),
    ],
)
def test_networks(text: str, network: str | None) -> None:
    """One that holds the address and is no wider than anything announced; LACNIC's short form is one."""
    found = field.network(text, V4)

    assert (None if found is None else str(found)) == network


def test_networks_of_ipv6() -> None:
    """The whole of IPv6 is nobody's prefix either."""
    assert str(field.network("2001:db8::/32", V6)) == "2001:db8::/32"
    assert field.network("::/0", V6) is None
    assert field.network("198.51.100.0/24", V6) is None


def test_bytes_are_utf8_or_else_latin_1() -> None:
    """LACNIC's registrants wrote both."""
    assert field.decode("Telefônica".encode()) == "Telefônica"
    assert field.decode("Telefônica".encode("latin-1")) == "Telefônica"
