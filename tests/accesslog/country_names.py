"""Writes the names of countries in a language, as Chromium has them of Unicode's CLDR.

.venv/bin/python -m tests.accesslog.country_names LANGUAGE
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ideolab_accesslog.dashboard.bans.countries import DOMAIN, LOCALE
from ideolab_f2b.notation.country_names import COUNTRIES

_HEADER = """# Names of countries in the words of Unicode's CLDR; the messages are their codes.
# python -m tests.accesslog.country_names {language} writes this file.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
_ASK = """([language, codes]) => {
  const names = new Intl.DisplayNames([language], { type: "region", fallback: "none" });
  return codes.map((code) => names.of(code) ?? "");
}"""


def read_names(language: str) -> dict[str, str]:
    """Return {code: name} of Chromium."""
    from tests.accesslog.browser import chromium

    with chromium() as browser:
        names = browser.new_page().evaluate(_ASK, [language, [*COUNTRIES]])
    return dict(zip(COUNTRIES, names))


def write(language: str) -> Path:
    """Write source and compiled catalogue of a language; the path of the source."""
    path = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    entries = [f'\nmsgid "{code}"\nmsgstr "{name}"\n' for code, name in read_names(language).items() if name]
    path.write_text(_HEADER.format(language=language) + "".join(entries))
    subprocess.run(["msgfmt", "-o", str(path.with_suffix(".mo")), str(path)], check=True)
    return path


if __name__ == "__main__":
    print(write(sys.argv[1]))
