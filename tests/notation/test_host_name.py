"""Which words are host names."""

from __future__ import annotations

import pytest

from ideolab_f2b.notation import host_name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("office.example.net", "office.example.net"),
        ("Office.Example.NET.", "office.example.net"),
        ("_dmarc.example.net", "_dmarc.example.net"),
        ("xn--bro-hoa.example", "xn--bro-hoa.example"),
        ("b\u00fcro.example", "xn--bro-hoa.example"),
        ("b\u00fcro" * 100 + ".example", ""),
        ("\u200b.example", ""),
        ("office", ""),
        ("198.51.100.300", ""),
        ("-a.example", ""),
        ("a..example", ""),
        ("http://example.net/", ""),
        ("a b.example", ""),
        ("a." * 130 + "example", ""),
        ("", ""),
    ],
)
def test_names(word: str, name: str) -> None:
    """Lower case, no dot at the end; what ends in a number is an address with a mistake."""
    assert host_name.read(word) == name


def test_single_names() -> None:
    """Those of ignoreip may have no dot."""
    assert host_name.read("localhost", with_single=True) == "localhost"
    assert host_name.read("300", with_single=True) == ""
