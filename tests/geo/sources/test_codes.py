"""Codes as files have them."""

from __future__ import annotations

import pytest

from ideolab_f2b.geo.sources.codes import Codes


def test_codes() -> None:
    """In capitals, UK as GB; "" for nobody knows."""
    codes = Codes()

    assert [codes[text] for text in ("FR", "fr", ' "De"\r', "UK", "A1", "T1", "XK", "??", "-", "", "zz")] == [
        "FR", "FR", "DE", "GB", "A1", "T1", "XK", "", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["F", "FRA", "1A", "F!", "F\u00c9", "\x1b[", "FR DE"])
def test_what_is_none(text: str) -> None:
    """It never becomes a code of a list."""
    with pytest.raises(ValueError, match=r"^no code of a country$"):
        Codes()[text]


def test_spellings_are_bounded() -> None:
    """A hostile file may write one code in many ways."""
    codes = Codes()

    assert {codes["fr" + " " * count] for count in range(3000)} == {"FR"}
    assert len(codes) == 2000
