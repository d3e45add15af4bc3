"""All checks together."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check import files
from ideolab_f2b.check.checks import CHECKS, check_all
from ideolab_f2b.config import Settings


def test_every_check_is_made_whatever_another_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that raises is told as wrong, and the rest follows."""

    def broken(_settings: Settings) -> object:
        raise RuntimeError("no /proc")

    monkeypatch.setattr("ideolab_f2b.check.checks.CHECKS", {"one": broken, "clock": files.clock})

    verdicts = list(check_all(tmp_path / "f2b.conf"))

    assert [verdict.check for verdict in verdicts] == ["settings", "one", "clock"]
    assert verdicts[1].text == "the check itself failed: RuntimeError('no /proc')"


def test_settings_that_are_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A country list in force is not compared with the defaults, which want none."""
    path = tmp_path / "f2b.conf"
    path.write_text("[geo]\npolicy = permit\n")
    monkeypatch.setattr("ideolab_f2b.check.checks.CHECKS", {"geo-rule": pytest.fail})

    assert [str(verdict) for verdict in check_all(path)][1:] == [
        f"unknown  geo-rule: what is wanted is not known: {path} is not valid\n         -> correct {path}"
    ]


def test_the_checks_cover_what_the_issue_lists() -> None:
    """By name: the docs explain each."""
    assert CHECKS.keys() >= {
        "action",
        "clock",
        "connmon",
        "fail2ban",
        "files",
        "jails",
        "logs",
        "rules",
        "sets",
        "sockets",
        "textfile",
    }
