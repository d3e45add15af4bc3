"""The table of codes."""

from __future__ import annotations

import re

from ideolab_f2b.notation.country_names import COUNTRIES, OTHERS


def test_the_codes_are_those_of_iso_3166_and_kosovo() -> None:
    """249 and one; what vendors add is none of them."""
    assert len(COUNTRIES) == 250
    assert [code for code in COUNTRIES if not re.fullmatch("[A-Z]{2}", code)] == []
    assert OTHERS.keys() & COUNTRIES.keys() == set()


def test_the_names_fit_any_terminal() -> None:
    """ASCII, and one for each code."""
    assert [name for name in COUNTRIES.values() if not name.isascii() or not name.strip()] == []
    assert len(set(COUNTRIES.values())) == len(COUNTRIES)
