"""docs/metrics.md is the reference of all metrics: names, types, labels and words, in both directions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs import exported
from tests.docs.exported import Metric

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "metrics.md").read_text()
RULES = REPOSITORY / "deploy" / "prometheus" / "ideolab-f2b.rules.yml"
_ROW = re.compile(r"^\| `(ideolab_\w+)` \| (\w+) \| ([^|]*) \| (.*) \|$", re.MULTILINE)


def section(name: str) -> str:
    """What stands below a heading of the page."""
    return re.split(r"^## ", PAGE.partition(f"\n## {name}\n")[2], flags=re.MULTILINE)[0]


def documented(name: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """{metric: (type, labels)} of one file."""
    rows = _ROW.findall(section(name))
    return {metric: (kind, tuple(re.findall(r"`(\w+)`", labels))) for metric, kind, labels, _what in rows}


def compare(name: str, found: dict[str, Metric]) -> None:
    """The page has these metrics and no other, and says each word that a label can be."""
    assert documented(name) == {metric: (one.kind, one.labels) for metric, one in found.items()}
    texts = {metric: what for metric, _kind, _labels, what in _ROW.findall(section(name))}
    silent = {(metric, word) for metric, one in found.items() for word in one.words - _said(texts[metric])}
    assert silent == set()


def _said(text: str) -> set[str]:
    return set(re.findall(r"[\w]+", text))


def test_the_file_of_connmon() -> None:
    """As connmon writes it."""
    compare("ideolab_connmon.prom", exported.connmon())


def test_the_file_of_the_intake() -> None:
    """As the intake writes it."""
    compare("ideolab_intake.prom", exported.intake_file())


def test_the_file_of_fail2ban(tmp_path: Path) -> None:
    """As the report action writes it, with what the ban action adds."""
    compare("ideolab_f2b.prom", exported.fail2ban(tmp_path))


@pytest.mark.django_db
def test_the_file_of_the_django_app(tmp_path: Path, settings: Any) -> None:
    """As accesslog_metrics writes it."""
    from ideolab_accesslog.events import behind, offsets
    from ideolab_accesslog.metrics import exposition

    path = tmp_path / "connmon_events.jsonl"
    path.touch()
    settings.ACCESSLOG_EVENTS = str(path)
    offsets.load(path)
    found = {}
    for metric in [*exposition.collect(), *behind.collect()]:
        pairs = [pair for key in metric.values for pair in re.findall(r'(\w+)="(\w+)"', key)]
        labels = tuple(dict.fromkeys(label for label, _value in pairs))
        words = frozenset(value for label, value in pairs if label in exported.FIXED)
        found[metric.name] = Metric(metric.kind, labels, words)
    compare("ideolab_accesslog.prom", found)


def test_what_the_rules_record() -> None:
    """No series is recorded that the page does not name."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}

    assert set(re.findall(r"^\| `(ideolab:\S+)` \|", PAGE, re.MULTILINE)) == recorded
