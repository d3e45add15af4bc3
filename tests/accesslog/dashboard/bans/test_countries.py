"""Names of countries in the language of the page."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from django.utils import translation

from ideolab_accesslog.dashboard.bans.countries import DOMAIN, LOCALE, name_country
from ideolab_accesslog.dashboard.bans.leaders import find_leaders
from ideolab_accesslog.dashboard.bans.networks import CountryRow, list_countries
from ideolab_accesslog.dashboard.bans.origins import BanOrigin, count_newest
from ideolab_f2b.notation.country_names import COUNTRIES
from tests.accesslog.dashboard.samples import NOW

CATALOGUES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ("Germany", "Netherlands")),
        ("fr", ("Allemagne", "Pays-Bas")),
        ("fr-ca", ("Allemagne", "Pays-Bas")),
        # the site's pages have no such language: they are English
        ("de", ("Germany", "Netherlands")),
    ],
)
def test_the_language_of_the_page(language: str, names: tuple[str, str]) -> None:
    """English where it has none."""
    with translation.override(language):
        assert (name_country("DE"), name_country("NL")) == names


def test_no_language_and_no_country() -> None:
    """What is no code is shown as it is, printable; the header of the file is no name."""
    with translation.override(None):
        assert name_country("DE") == "Germany"
    with translation.override("fr"):
        assert [name_country(code) for code in ("", None, "ZZ", "\u202eFR")] == ["", "", "ZZ", "\\u202eFR"]


def test_the_rows_and_the_verdict() -> None:
    """Both name the same country alike."""
    found = count_newest([BanOrigin("198.51.100.7", None, None, None, "DE")] * 12, NOW)
    with translation.override("fr"):
        assert list_countries(found) == (CountryRow("DE", "Allemagne", 12, 1.0),)
        assert [one.name for one in find_leaders(found)] == ["Allemagne"]


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_each_language_has_all_countries(path: Path) -> None:
    """And the compiled file is that of the source."""
    with path.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    names = {code: compiled.gettext(code) for code in COUNTRIES}

    assert [code for code, name in names.items() if name == code] == []
    source = path.with_suffix(".po").read_text()
    assert all(f'msgid "{code}"\nmsgstr "{name}"\n' in source for code, name in names.items())


def test_a_language_of_the_app_has_its_countries() -> None:
    """`python -m tests.accesslog.country_names LANGUAGE` writes them."""
    languages = {path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/django.mo")}

    assert {path.parts[-3] for path in CATALOGUES} == languages
