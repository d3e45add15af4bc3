"""docs/settings.md and docs/django.md name what exists, with its default."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from ideolab_accesslog import checks
from ideolab_accesslog.conf import DEFAULTS
from ideolab_accesslog.traship import classify, rules
from tests.docs import django_settings

SETTINGS = Path("docs/settings.md").read_text(encoding="utf-8")
TEXT = Path("docs/django.md").read_text(encoding="utf-8")
PAGES = {path.name: path.read_text(encoding="utf-8") for path in Path("docs").glob("*.md")}


def test_every_setting_is_documented_and_no_other() -> None:
    """A setting without a line in the reference is one that nobody finds."""
    rows = set(re.findall(r"^\| `((?:ACCESSLOG|TRASHIP)_\w+)` \|", SETTINGS, re.MULTILINE))
    assert rows == set(DEFAULTS)


def test_documented_defaults_are_the_real_ones() -> None:
    """Each stands in the table as Python writes it."""
    for name, value in DEFAULTS.items():
        row = re.search(rf"^\| `{name}` \| [^|]* \| `([^|]*)` \| ", SETTINGS, re.MULTILINE)
        assert row is not None
        assert ast.literal_eval(row[1]) == value


def test_the_tables_are_those_of_the_code() -> None:
    """After a change of a setting: python3 -m tests.docs.django_settings."""
    assert django_settings.page(SETTINGS) == SETTINGS


def test_no_page_names_a_setting_that_is_gone() -> None:
    """Every ACCESSLOG_* and TRASHIP_* anywhere in the docs exists."""
    gone = {
        (page, name)
        for page, text in PAGES.items()
        for name in re.findall(r"\b(?:ACCESSLOG|TRASHIP)_[A-Z0-9_]*[A-Z0-9]\b", text)
        if name not in DEFAULTS
    }
    assert gone == set()


def test_every_check_is_documented() -> None:
    """The numbers of the table are those of the code."""
    source = "".join(
        path.read_text(encoding="utf-8") for path in sorted(Path(checks.__path__[0]).rglob("*.py"))
    )
    code = {
        f"{kind[0].upper()}{int(number):03}"
        for kind, number in re.findall(r"_(error|warning)\(\s*(\d+)", source)
    }
    assert code == set(re.findall(r"^\| ([EW]\d{3}) \|", TEXT, re.MULTILINE))


def test_every_rule_and_its_examples() -> None:
    """Each example of docs/traship.md meets a rule of its row, but for those behind `never`."""
    rows = re.findall(r"^\| ((?:`[a-z-]+`(?:, )?)+) \| (`/.*) \|$", PAGES["traship.md"], re.MULTILINE)
    wrong = []
    for ids, examples in rows:
        meant, _never, spared = examples.partition("; never ")
        for path in re.findall(r"`(/[^`]*)`", meant):
            rule = classify.rule_of(path.replace("%2e", ".").replace("%00", "\x00"))
            if f"`{rule}`" not in ids:
                wrong.append((path, rule))
        wrong += [(path, "") for path in re.findall(r"`(/[^`]*)`", spared) if classify.rule_of(path)]

    named = {name for ids, _examples in rows for name in re.findall(r"`([a-z-]+)`", ids)}
    tables = [table for name, table in vars(rules).items() if name.isupper() and isinstance(table, dict)]
    known = {rule for table in tables for rule in table.values()}
    assert wrong == []
    assert known - named == set()
