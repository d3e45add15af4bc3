"""docs/settings.md is the reference of all settings: names and defaults, in both directions."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from ideolab_f2b import config
from ideolab_f2b.actions import options
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.report.reporter import OPTIONS

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "settings.md").read_text()
SHIPPED = (REPOSITORY / "deploy" / "f2b.conf").read_text()
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \| .* \|$", re.MULTILINE)
SECTIONS = {item.name: item for item in dataclasses.fields(config.Settings)}


def documented(heading: str) -> dict[str, str]:
    """{name: default as one types it} of the table below a heading."""
    text = re.split(r"^##", PAGE.partition(f"\n### {heading}\n")[2], flags=re.MULTILINE)[0]
    return {name: default.replace("(empty)", "").replace("\\*", "*") for name, default in _ROW.findall(text)}


def test_every_section_has_its_table() -> None:
    """And no table is about a section that is gone."""
    assert set(re.findall(r"^### \[(\w+)\]$", PAGE, re.MULTILINE)) == set(SECTIONS)


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_the_keys_of_a_section(section: str) -> None:
    """The page and the shipped file have the same keys as the code."""
    known = type(getattr(config.Settings(), section))
    block = re.split(r"^\[", SHIPPED.partition(f"[{section}]\n")[2], flags=re.MULTILINE)[0]

    assert set(documented(f"[{section}]")) == set(config.keys(known))
    assert set(re.findall(r"^#(\w+) =", block, re.MULTILINE)) == set(config.keys(known))


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_the_defaults_of_a_section(section: str) -> None:
    """Typed as the page has them, and as the shipped file has them, they are the code's defaults."""
    lines = [f"{key} = {default}" for key, default in documented(f"[{section}]").items()]
    text = f"[{section}]\n" + "\n".join(lines)

    assert config.parse(text) == config.Settings()
    assert config.parse(re.sub(r"^#(?=\w+ =)", "", SHIPPED, flags=re.MULTILINE)) == config.Settings()


def test_the_options_of_the_ban_action() -> None:
    """Typed as the page has them, they are the code's defaults."""
    rows = documented("ideolab-ban.py")
    typed = {name: default for name, default in rows.items() if name != "set"}

    assert list(rows) == [item.name for item in dataclasses.fields(Options)]
    assert options.parse("ideolab-connmon", typed) == (Options(set="ideolab_connmon"), [])
    assert rows["set"] == "the jail's name"


def test_the_options_of_the_report_action() -> None:
    """Names and defaults."""
    assert documented("ideolab-report.py") == {name: str(path) for name, path in OPTIONS.items()}


@pytest.mark.parametrize("name", ["ideolab-ban", "ideolab-report"])
def test_the_headers_of_the_shims_say_the_same(name: str) -> None:
    """Who reads /etc/fail2ban/action.d finds the same options and defaults."""
    text = (REPOSITORY / "action.d" / f"{name}.py").read_text()
    option = re.compile(r"^# Option: (.+)\n(?:#.*\n)*?# Values:.*Default: (.+)$", re.MULTILINE)
    found = {}
    for names, default in option.findall(text):
        for one, value in zip(names.split(", "), default.split(" and ")):
            found[one] = value
    rows = documented(f"{name}.py")

    assert set(found) == set(rows)
    same = {one for one in rows if rows[one] == found[one]}
    assert set(rows) - same <= {"set", "allow", "backend", "cap"}
