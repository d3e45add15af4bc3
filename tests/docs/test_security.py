"""docs/security.md names the test that guards each row of the threat model, and the tests exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY

PAGE = (REPOSITORY / "docs" / "security.md").read_text()
TESTS = REPOSITORY / "tests"
#: `FILE::TEST` or `FILE`, below tests/
_NAMES = re.compile(r"`([\w/]*test_\w+\.py)(?:::(\w+))?`")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.endswith("| test |")]


def functions(path: Path) -> set[str]:
    """The names of all functions and methods of a file."""
    tree = ast.parse(path.read_text())
    return {one.name for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_the_page_has_rows() -> None:
    """Else the next tests would say nothing."""
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:42])
def test_each_row_has_a_test_that_is_there(row: str) -> None:
    """In the row's last cell, by file and name."""
    named = _NAMES.findall(row.rstrip(" |").rpartition("|")[2])

    assert named
    for file, test in named:
        assert (TESTS / file).is_file(), file
        assert not test or test in functions(TESTS / file), f"{file}::{test}"


def test_every_number_of_a_weakness_is_written_once() -> None:
    """A CVE has one row."""
    numbers = re.findall(r"CVE-\d{4}-\d{4,}", PAGE)

    assert len(numbers) == len(set(numbers))
