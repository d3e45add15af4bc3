"""Puts the settings of the app into docs/settings.md: `python3 -m tests.docs.django_settings`."""

from __future__ import annotations

import re

from ideolab_accesslog.conf import reference
from tests.docs.pages import REPOSITORY

PAGE = REPOSITORY / "docs" / "settings.md"
#: the part of the page that a setting belongs to, by the beginning of its name; the first that fits
PARTS = {
    "TRASHIP_FIREWALL_": "firewall",
    "TRASHIP_MANUAL_LOG": "firewall",
    "TRASHIP_": "TrashIP",
    "ACCESSLOG_": "access log",
}
_MARKS = re.compile(
    r"(<!-- settings: python3 -m tests\.docs\.django_settings ([\w ]+) -->\n).*?(<!-- end of settings -->)",
    re.DOTALL,
)


def part(row: str) -> str:
    """Which table of the page a row of the reference belongs to."""
    return next(part for beginning, part in PARTS.items() if row.startswith(f"| `{beginning}"))


def page(old: str) -> str:
    """The page with the tables of today."""
    head, rule, *rows = reference()

    def table(match: re.Match[str]) -> str:
        own = [row for row in rows if part(row) == match[2]]
        return match[1] + "\n" + "\n".join([head, rule, *own]) + "\n\n" + match[3]

    return _MARKS.sub(table, old)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
