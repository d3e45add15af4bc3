"""One word -> the code of a country, as the vendors' files have it."""

from __future__ import annotations

import difflib

from ideolab_f2b.notation.country_names import COUNTRIES, OTHERS

#: {what people and some files write: the code}
ALIASES = {"UK": "GB", "EL": "GR"}
#: characters of the longest word that is compared with the names
_LENGTH = 60
#: how many near ones an error names
_NEAR = 4
#: letters of the codes that sports and passports have
_ISO3 = 3


def parse(text: str) -> str:
    """Return the code, in capitals: `uk` is GB. ValueError names the codes that are near."""
    word = text.strip().upper()
    code = ALIASES.get(word, word)
    if code in COUNTRIES or code in OTHERS:
        return code
    if len(text) > _LENGTH:
        raise ValueError(f"a word of {len(text)} characters is no country; a code like FR is needed")
    near = ", ".join(f"{one} ({describe(one)})" for one in _find_near(word))
    way_out = f"near are {near}" if near else "a code like FR is needed"
    raise ValueError(f"{text.strip()!r} is no country; {way_out}")


def describe(code: str) -> str:
    """Return the name of a country, or what a vendor gives the code to; the code where it is unknown."""
    return COUNTRIES.get(code) or OTHERS.get(code) or code


def _find_near(word: str) -> list[str]:
    names = {name.upper(): code for code, name in COUNTRIES.items()}
    # three letters (GER, ITA) mostly begin as the name does
    near = [code for name, code in names.items() if len(word) == _ISO3 and name.startswith(word)]
    near += [names[name] for name in difflib.get_close_matches(word, names, _NEAR, 0.75)]
    if not near:
        near = difflib.get_close_matches(word, [*COUNTRIES, *OTHERS], 20, 0.5)
        near.sort(key=lambda code: code[0] != word[:1])
    return list(dict.fromkeys(near))[:_NEAR]
