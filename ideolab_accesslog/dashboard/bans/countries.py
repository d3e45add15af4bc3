"""Names of countries in the language of the page: those of Unicode's CLDR, where locale/ has them."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path
from typing import Optional

from django.utils.translation import get_language, to_locale

from ideolab_accesslog.access.printable import to_printable
from ideolab_f2b.notation.country_names import COUNTRIES

#: of locale/*/LC_MESSAGES/countries.po, whose messages are the codes
DOMAIN = "countries"
#: characters of what stands for a code
CODE_MAX = 49
LOCALE = Path(__file__).resolve().parents[2] / "locale"


def name_country(code: Optional[str]) -> str:
    """Return the name of a country; in English where the language has none; what is no code, as it is."""
    english = COUNTRIES.get(code or "")
    if code is None or english is None:
        return to_printable(code or "", CODE_MAX)
    name = _load(get_language() or "en").gettext(code)
    return english if name == code else name


@lru_cache(maxsize=32)
def _load(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [to_locale(language)], fallback=True)
