"""The Prometheus rules: valid, tested one by one, each with a way out in the docs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parent.parent.parent
RULES = REPOSITORY / "deploy/prometheus/ideolab-f2b.rules.yml"
CONFIG = REPOSITORY / "deploy/prometheus/prometheus.yml"
TESTS = REPOSITORY / "tests/monitor/rules.test.yml"
DOCS = REPOSITORY / "docs/monitoring.md"
RUNBOOK = "file:///usr/local/lib/ideolab-f2b/docs/monitoring.md#"

needs_promtool = pytest.mark.needs("prometheus")


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *words], capture_output=True, text=True, timeout=120)


def alerts() -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


@needs_promtool
def test_prometheus_takes_the_rules_and_the_example() -> None:
    """Syntax, duplicates and templates, as Prometheus itself reads them."""
    done = promtool("check", "config", "--lint-fatal", str(CONFIG))

    assert (done.returncode, done.stderr) == (0, "")


@needs_promtool
def test_every_alert_fires_where_it_must_and_nowhere_else() -> None:
    """The series of rules.test.yml."""
    done = promtool("test", "rules", str(TESTS))

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("name", sorted(alerts()))
@pytest.mark.parametrize("expr", ["vector(1)", "vector(1) > 1"], ids=["always", "never"])
def test_the_rule_tests_would_notice(tmp_path: Path, name: str, expr: str) -> None:
    """An alert that always or never fires fails its test."""
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            if rule.get("alert") == name:
                rule["expr"] = expr
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    tests = yaml.safe_load(TESTS.read_text())
    tests["rule_files"] = ["rules.yml"]
    tests["tests"] = [test for test in tests["tests"] if test["name"] == name]
    (tmp_path / "test.yml").write_text(yaml.safe_dump(tests))

    done = promtool("test", "rules", str(tmp_path / "test.yml"))

    assert [test["name"] for test in tests["tests"]] == [name]
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize("name", sorted(alerts()))
def test_every_alert_tells_what_it_means_and_what_to_do(name: str) -> None:
    """Summary, description, severity, and a heading of its own in docs/monitoring.md."""
    rule = alerts()[name]
    notes = rule["annotations"]

    assert set(notes) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert notes["runbook_url"] == RUNBOOK + name.lower()
    assert re.search(rf"^### {name}$", DOCS.read_text(), re.MULTILINE)


def test_the_docs_name_no_alert_that_does_not_exist() -> None:
    """A renamed alert takes its runbook with it."""
    assert set(re.findall(r"^### (Ideolab\w+)$", DOCS.read_text(), re.MULTILINE)) == set(alerts())
