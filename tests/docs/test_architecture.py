"""docs/architecture.md says what the tree is: its folders, its contracts, its directions of import."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import layers

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = layers.PAGE.read_text()
PACKAGES = ("ideolab_f2b", "ideolab_accesslog")
_MARKS = re.compile(r"<!-- tree: .*?-->\n```\n(.*?)```\n<!-- end of tree -->", re.DOTALL)


def named() -> set[str]:
    """Every path that the tree of the page names; its indentation says what lies in what."""
    paths: set[str] = set()
    parents: list[str] = []
    block = _MARKS.search(PAGE)
    assert block is not None
    for line in filter(None, block[1].splitlines()):
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.match(r"(?:\S+  ?)+", line.strip() + " ")
        assert names is not None
        parents[depth:] = [""]
        for name in names[0].split():
            if name.endswith(("/", ".py")):
                parents[depth] = name
                paths.add("".join(parents))
    return paths


def folders() -> set[str]:
    """Every folder of the packages that holds code."""
    return {
        f"{path.parent.relative_to(REPOSITORY)}/"
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*.py")
    }


def test_what_the_tree_names_is_there() -> None:
    """A folder or module that was moved is moved on the page too."""
    assert [name for name in sorted(named()) if not (REPOSITORY / name).exists()] == []


def test_the_tree_names_every_folder_of_the_packages() -> None:
    """A new room gets its line."""
    assert sorted(folders() - named()) == []


def test_every_folder_says_what_it_is() -> None:
    """Each line of the tree has words behind the name, unless several names share it."""
    block = _MARKS.search(PAGE)
    assert block is not None
    rows = [line.strip() for line in block[1].splitlines() if line.strip().count("/") == 1]

    assert [row for row in rows if row.endswith("/") and "  " not in row] == []


def test_the_layers_are_those_of_setup_cfg() -> None:
    """After a change there: python3 -m tests.docs.layers."""
    assert layers.page(PAGE) == PAGE


def test_every_contract_has_its_sentence() -> None:
    """And no sentence is about a contract that is gone."""
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ", PAGE.partition("| contract in setup.cfg |")[2], re.MULTILINE)

    assert sorted(rows) == sorted(layers.contracts())


@pytest.mark.parametrize("line", re.findall(r"^\d{4}-\d\d-\d\dT.*$", PAGE, re.MULTILINE))
def test_the_example_lines_keep_the_grammar(line: str) -> None:
    """Date, program, kind, address, plain words; then only quoted ones."""
    grammar = (
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000 [a-z]+: [a-z]+ [0-9a-f.:/]+"
        r"(?: [a-z-]+=[^\s\"]+)*(?: [a-z]+=\"[^\"]*\")*"
    )

    assert re.fullmatch(grammar, line)
