"""Puts the import layers of setup.cfg into docs/architecture.md: `python3 -m tests.docs.layers`."""

from __future__ import annotations

import configparser
import textwrap
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "architecture.md"
BEGIN = "<!-- layers: python3 -m tests.docs.layers -->\n"
END = "<!-- end of layers -->\n"
_PREFIX = "importlinter:contract:"


def contracts() -> dict[str, configparser.SectionProxy]:
    """{id of an import contract: its section in setup.cfg}"""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "setup.cfg")
    names = [name for name in parser.sections() if name.startswith(_PREFIX)]
    return {name.removeprefix(_PREFIX): parser[name] for name in names}


def text() -> str:
    """One block for each contract of layers, as setup.cfg has them."""
    blocks = []
    for section in contracts().values():
        if section["type"] == "layers":
            blocks += [f"`{section['containers'].strip()}`, from the top down:\n"]
            blocks += ["```\n" + textwrap.dedent(section["layers"]).strip() + "\n```\n"]
    return "\n".join(blocks)


def page(old: str) -> str:
    """The page with the blocks of today."""
    before, _begin, rest = old.partition(BEGIN)
    _between, _end, after = rest.partition(END)
    return before + BEGIN + "\n" + text() + "\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
