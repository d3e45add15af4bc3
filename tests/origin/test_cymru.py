"""cymru: the request, and the rows that a server may send."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.origin import cymru
from ideolab_f2b.origin.origin import Origin

A = ipaddress.ip_address("198.51.100.7")
B = ipaddress.ip_address("2001:db8::7")
ROW = b"64500   | 198.51.100.7     | 198.51.100.0/24     | FR | ripencc  | 2011-08-11 | EXAMPLE, FR\n"
ORIGIN = Origin("198.51.100.7", "64500", "EXAMPLE, FR", "FR", "198.51.100.0/24", "cymru")


def test_the_documented_form() -> None:
    """begin, verbose, the addresses, end, each on a line of its own."""
    assert cymru.request([A, B]) == b"begin\nverbose\n198.51.100.7\n2001:db8::7\nend\n"


@pytest.mark.parametrize(
    ("row", "origin"),
    [
        (ROW, ORIGIN),
        (ROW.replace(b"\n", b"\r\n"), ORIGIN),
        (
            b"64500|198.51.100.7|198.51/16|BR|lacnic||Telef\xf4nica a|b, BR",
            Origin("198.51.100.7", "64500", "Telefônica a|b, BR", "BR", "198.51.0.0/16", "cymru"),
        ),
        (
            b"64500 64501 | 198.51.100.7 | NA | | lacnic | | NA",
            Origin("198.51.100.7", "64500", None, None, None, "cymru"),
        ),
        (
            b"64500 | 198.51.100.7 | 0.0.0.0/0 | NA | afrinic | | \x1b]0;x\x07\xe2\x80\xaeEVIL\x00",
            Origin("198.51.100.7", "64500", "]0;xEVIL", "NA", None, "cymru"),
        ),
        (b"NA | 198.51.100.7 | NA | | | | NA", Origin("198.51.100.7", source="cymru")),
    ],
)
def test_rows(row: bytes, origin: Origin) -> None:
    """Cymru's columns, whatever a registry put into them."""
    assert cymru.row(row) == (A, origin)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"Bulk mode; whois.cymru.com [2026-11-22 15:00:00 +0000]",
        b"Error: no ASN or IP match on line 1.",
        b"|||||||",
        b"64500 | example.org | 198.51.100.0/24 | FR | ripencc | | NAME",
        b"?? | 198.51.100.7 | 198.51.100.0/24 | FR | ripencc | | NAME",
        b"64500 | 198.51.100.7 | 198.51.100.0/24 | FR | ripencc",
        b"\xff" * 100_000,
    ],
)
def test_other_lines_are_no_rows(line: bytes) -> None:
    """Headers, errors, garbage."""
    assert cymru.row(line) is None


@given(st.binary())
def test_no_bytes_raise(line: bytes) -> None:
    """A server may send anything."""
    cymru.row(line)
    cymru.row(b"64500 | 198.51.100.7 | " + line)


@given(st.lists(st.integers(1, 40)), st.booleans())
def test_pieces_of_any_size_give_the_same_rows(sizes: list[int], has_end: bool) -> None:
    """A read may end inside of a line, and of a character."""
    text = ROW.replace(b"EXAMPLE", "Café".encode())
    text = text if has_end else text[:-1]
    reader = cymru.ReplyReader([A])
    for size in sizes:
        reader.read(text[:size])
        text = text[size:]
    reader.read(text)
    reader.end()

    assert reader.found == {A: Origin("198.51.100.7", "64500", "Café, FR", "FR", "198.51.100.0/24", "cymru")}


def test_only_addresses_that_were_asked_for_are_heard() -> None:
    """A server cannot say whose other addresses are."""
    reader = cymru.ReplyReader([B])
    reader.read(ROW)

    assert (reader.found, reader.is_complete) == ({}, False)


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_origins_one_is_taken_whatever_the_order(order: int) -> None:
    """The longest prefix, then the lowest number; its own name with it."""
    lines = [
        ROW.replace(b"100.0/24", b"0.0/16").replace(b"64500", b"64496"),
        ROW.replace(b"64500", b"64502").replace(b"EXAMPLE", b"SECOND"),
        ROW,
        b"NA | 198.51.100.7 | NA | | | | NA\n",
    ]
    reader = cymru.ReplyReader([A])
    reader.read(b"".join(lines[::order]))

    assert reader.found == {A: ORIGIN}
