"""Puts the settings of the app into docs/settings.md: `python3 -m tests.docs.django_settings`."""

from __future__ import annotations

import re

from ideolab_accesslog.conf import ACCESS_LOG, FIREWALL, SCANNERS, reference
from tests.docs.pages import REPOSITORY

PAGE = REPOSITORY / "docs" / "settings.md"
#: the tables of the page, by the words of their marks
TABLES = {"access log": ACCESS_LOG, "TrashIP": SCANNERS, "firewall": FIREWALL}
_MARKS = re.compile(
    r"(<!-- settings: python3 -m tests\.docs\.django_settings ([\w ]+) -->\n).*?(<!-- end of settings -->)",
    re.DOTALL,
)


def page(old: str) -> str:
    """Return the page with the tables of today."""

    def table(match: re.Match[str]) -> str:
        return match[1] + "\n" + "\n".join(reference(TABLES[match[2]])) + "\n\n" + match[3]

    return _MARKS.sub(table, old)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
