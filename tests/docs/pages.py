"""The pages that people read, and what stands in them: prose, code, links, options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TOP = sorted(path for path in REPOSITORY.glob("*.md") if path.name != "CHANGELOG.md")
PAGES = [*TOP, *sorted((REPOSITORY / "docs").glob("*.md"))]
#: tables that a program of the tests writes
_GENERATED = re.compile(r"<!-- (table|layers|settings): .*?<!-- end of \1 -->", re.DOTALL)
_BLOCK = re.compile(r"^[ >]*```.*?^[ >]*```$", re.DOTALL | re.MULTILINE)


def blank(match: re.Match[str]) -> str:
    """As many line feeds as the text had, so that line numbers stay."""
    return "\n" * match[0].count("\n")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of everything but code blocks, tables, headings and generated parts."""
    plain = _BLOCK.sub(blank, _GENERATED.sub(blank, text))
    for number, line in enumerate(plain.splitlines(), 1):
        if line.strip() and not line.startswith(("|", "#", "<!--", "![")):
            yield number, line


def words(text: str) -> str:
    """What a reader reads as words: without code, targets of links and generated parts."""
    plain = _BLOCK.sub(blank, _GENERATED.sub(blank, text))
    plain = re.sub(r"`[^`]*`", " ", plain)
    return re.sub(r"\]\([^)]*\)", "]", plain)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub(blank, text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def code(text: str) -> list[str]:
    """Every span of code and every line of a block."""
    blocks = [line for block in _BLOCK.findall(text) for line in block.splitlines()[1:-1]]
    return [*blocks, *re.findall(r"`([^`\n]+)`", _BLOCK.sub(blank, text))]


def table(text: str, first: str) -> list[list[str]]:
    """The cells of each row of the table whose header begins with `first`."""
    rows = text.partition(f"\n| {first} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def table_blocks(text: str) -> Iterator[list[str]]:
    """The rows of each table, which begin with `|` and follow one another without a blank line."""
    rows: list[str] = []
    for line in [*_BLOCK.sub(blank, text).splitlines(), ""]:
        if line.startswith("|"):
            rows.append(line)
        elif rows:
            yield rows
            rows = []
