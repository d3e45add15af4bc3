"""The words of the docs: wrapped, plain, whole sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import pages
from tests.docs.pages import PAGES, REPOSITORY
from tests.house.rules import METAPHORS

WIDTH = 100
#: files of deploy/ have these in their names, and readers know what they mean
_PLAIN = {"carry", "feed"}
#: say `the first version`; the name of a setting's old value stands in code
_OURS = {"seed"}
#: what is installed has words too
DEPLOYED = sorted(
    path for path in (REPOSITORY / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"
)
_LOOKS = re.compile(r"\blooks?\s[^.|]{0,20}\b(?:connmon|sockets?)\b|\btime of a look\b", re.IGNORECASE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_prose_is_wrapped(path: Path) -> None:
    """Tables and code may be longer."""
    # a link or a span of code that is longer than a line cannot be wrapped
    long = [
        f"{path.name}:{number}: {line}"
        for number, line in pages.prose(path.read_text())
        if len(line) > WIDTH and " " in line.strip()[: WIDTH - 20]
    ]

    assert long == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_metaphors(path: Path) -> None:
    """Words that a stranger has to guess (tests/house/rules.py has the list)."""
    banned = sorted({*METAPHORS, *_OURS} - _PLAIN)
    text = pages.words(path.read_text())

    assert re.findall(rf"\b(?:{'|'.join(banned)})s?\b", text, re.IGNORECASE) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_sentences_have_a_head(path: Path) -> None:
    """No paragraph, cell or sentence begins with `Of ...:`; each begins with what it is about."""
    text = pages.words(path.read_text())

    assert re.findall(r"(?:^|[.|:] +)Of\b[^.\n]{0,40}", text, re.MULTILINE) == []


@pytest.mark.parametrize("path", [*PAGES, *DEPLOYED], ids=lambda path: path.name)
def test_a_snapshot_is_no_look(path: Path) -> None:
    """What connmon takes of the sockets has one name; the look of ban.md is one for SSH logins."""
    text = path.read_text(encoding="utf-8")

    assert _LOOKS.findall(text) == []


def test_no_page_is_forgotten() -> None:
    """docs/index.md and the pages beside it name each other."""
    index = next(path for path in PAGES if path.name == "index.md")
    linked = set(re.findall(r"\]\((?:\.\./)?([\w-]+\.md)\)", index.read_text()))

    assert {path.name for path in PAGES} - linked <= {"index.md"}
