"""Codes of countries as people write them."""

from __future__ import annotations

import pytest

from ideolab_f2b.notation import country


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FR", "FR"),
        (" fr ", "FR"),
        ("UK", "GB"),
        ("uk", "GB"),
        ("GB", "GB"),
        ("EL", "GR"),
        ("EU", "EU"),
        ("a1", "A1"),
    ],
)
def test_a_code(text: str, code: str) -> None:
    """In capitals; UK is taken as GB, and what vendors give to no country is taken too."""
    assert country.parse(text) == code


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("usa", "'usa' is no country; near are US (United States), UA (Ukraine), SA (Saudi Arabia)"),
        ("GER", "'GER' is no country; near are DE (Germany), NE (Niger)"),
        ("spain", "'spain' is no country; near are ES (Spain)"),
        (
            "XY",
            "'XY' is no country; near are XK (Kosovo), XD (networks that the vendor calls hostile),"
            " YT (Mayotte), YE (Yemen)",
        ),
        ("", "'' is no country; a code like FR is needed"),
        ("x" * 61, "a word of 61 characters is no country; a code like FR is needed"),
    ],
)
def test_what_is_none_is_refused_with_the_near_ones(text: str, error: str) -> None:
    """Whoever types a name or the code of a passport reads what to write."""
    with pytest.raises(ValueError) as caught:
        country.parse(text)

    assert str(caught.value) == error


def test_names() -> None:
    """Of a country, of what is none, and of what nobody knows."""
    assert [country.describe(code) for code in ("GB", "A1", "Q9")] == [
        "United Kingdom", "anonymous proxies", "Q9",
    ]  # fmt: skip
