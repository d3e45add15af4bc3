"""Tables of the pages: what is written as a row is shown as one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, table_blocks

_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_CELL_END = re.compile(r"(?<!\\)\|")


def find_faults(text: str) -> list[str]:
    """Return the first words of each table without a header, and of rows with too many or too few cells."""
    faults = []
    for rows in table_blocks(text):
        if len(rows) < 2 or not _RULE.fullmatch(rows[1].strip()):
            faults.append(f"no header: {rows[0][:60]}")
            continue
        width = len(_CELL_END.findall(rows[1]))
        faults += [f"cells: {row[:60]}" for row in rows if len(_CELL_END.findall(row)) != width]
    return faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_belongs_to_a_table(page: Path) -> None:
    """A blank line ends a table: what stands behind it is shown as text."""
    assert find_faults(page.read_text()) == []


def test_what_would_be_found() -> None:
    """A row after a blank line, a table without a rule, a cell too few; what is code is none."""
    good = "| a | b |\n|---|---|\n| 1 | `x \\| y` |\n"
    assert find_faults(good + "\ntext\n\n```\n| no table\n```\n") == []

    assert find_faults(good + "\n| 3 | 4 |\n") == ["no header: | 3 | 4 |"]
    assert find_faults("| a | b |\n| 1 | 2 |\n") == ["no header: | a | b |"]
    assert find_faults(good + "| 5 |\n") == ["cells: | 5 |"]
