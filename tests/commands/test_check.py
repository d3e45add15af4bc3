"""The verb `check`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong


def some(_settings: object) -> Iterator[Verdict]:
    yield ok("one", "works")
    yield unknown("two", "cannot be seen")
    yield wrong("three", "is down", "start it")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, on a host on which one thing of three works."""
    monkeypatch.setattr("ideolab_f2b.check.checks.CHECKS", {"some": some})
    path = tmp_path / "f2b.conf"
    path.write_text("[connmon]\n")
    return path


def test_what_does_not_work_is_shown_and_the_rest_is_counted(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forty lines of ok hide the one that matters."""
    assert cli.main(["check", "--config", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "unknown  two: cannot be seen",
        "         -> sudo ideolab-f2b check",
        "wrong    three: is down",
        "         -> start it",
        "1 wrong, 1 unknown, 2 ok",
    ]


def test_all_is_shown_on_demand(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -v."""
    assert cli.main(["check", "-v", "--config", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"ok       settings: {path} is valid", "ok       one: works"]
    assert lines[-1] == "1 wrong, 1 unknown, 2 ok"


def test_a_healthy_host_needs_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And exit code 0."""
    monkeypatch.setattr("ideolab_f2b.check.checks.CHECKS", {})

    assert cli.main(["check", "--config", str(path)]) == 0
    assert capsys.readouterr().out == "1 ok\n"


def test_programs_get_everything(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line with the version of its form, and nothing else."""
    assert cli.main(["check", "--config", str(path), "--json"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["state"] for one in found] == ["ok", "ok", "unknown", "wrong"]
    assert list(found[0]) == ["version", "t", "check", "state", "text", "mend"]
    assert {one["version"] for one in found} == {1}
