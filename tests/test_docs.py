"""The docs name what exists: every jail, option, setting and verb; and the files they name are there."""

from __future__ import annotations

import configparser
import dataclasses
import re
from pathlib import Path

import pytest

from ideolab_f2b import cli, config
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.report.reporter import OPTIONS

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").glob("*.md"))]
README = (REPOSITORY / "README.md").read_text()


def jails() -> list[str]:
    """The sections of jail.d/ideolab.conf."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "jail.d" / "ideolab.conf")
    return parser.sections()


def test_the_readme_has_every_jail() -> None:
    """One row for each, with its kernel sets."""
    assert [name for name in jails() if f"| `{name}` |" not in README] == []


def test_every_jail_is_off_until_it_is_enabled() -> None:
    """Files of ours never start anything by being there."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "jail.d" / "ideolab.conf")

    assert {name: parser[name]["enabled"] for name in parser.sections()} == dict.fromkeys(jails(), "false")


def test_the_options_of_the_ban_are_explained_with_their_defaults() -> None:
    """In docs/settings.md and in the header of the shim."""
    docs = (REPOSITORY / "docs" / "settings.md").read_text()
    shim = (REPOSITORY / "action.d" / "ideolab-ban.py").read_text()
    names = [item.name for item in dataclasses.fields(Options)]

    assert [name for name in names if f"`{name}`" not in docs] == []
    assert [name for name in names if not re.search(rf"^# Option: .*\b{name}\b", shim, re.MULTILINE)] == []


def test_the_options_of_the_report_are_explained() -> None:
    """In docs/settings.md and in the header of the shim."""
    docs = (REPOSITORY / "docs" / "settings.md").read_text()
    shim = (REPOSITORY / "action.d" / "ideolab-report.py").read_text()

    assert [name for name in OPTIONS if f"| `{name}` |" not in docs] == []
    assert [name for name in OPTIONS if f"# Option: {name}\n" not in shim] == []


def test_every_setting_stands_commented_in_the_shipped_file() -> None:
    """deploy/f2b.conf is the manual of the settings."""
    text = (REPOSITORY / "deploy" / "f2b.conf").read_text()
    sections = config.SECTIONS.values()
    names = [name for section in sections for name in config.keys(section)]

    assert [name for name in names if not re.search(rf"^#? ?{name} *=", text, re.MULTILINE)] == []


def test_the_docs_name_every_verb() -> None:
    """`ideolab-f2b VERB`, or scripts/install for the two that it wraps."""
    text = "".join(path.read_text() for path in DOCS)

    assert [verb for verb in cli.VERBS if not re.search(rf"ideolab-f2b {verb}|--{verb}", text)] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_and_paths_lead_somewhere(path: Path) -> None:
    """A Markdown link to a file of ours, and a program that is to be run, exist."""
    text = path.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    programs = re.findall(r"\b((?:scripts|tests/bench)/[a-z_-]+(?:\.py)?)\b", text)

    assert [name for name in links if not (path.parent / name).exists()] == []
    assert [name for name in programs if not (REPOSITORY / name).exists()] == []
