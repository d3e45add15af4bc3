"""The timer that puts the list back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b.geo.rule import timer


def test_without_a_unit(tmp_path: Path) -> None:
    """Nothing is run where the pack is not installed."""

    def run(*_words: Any, **_keywords: Any) -> subprocess.CompletedProcess[str]:
        raise AssertionError("systemctl was run")

    assert timer.switch(True, run, tmp_path / "none") == []


def test_with_a_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is enabled and disabled; what systemctl refuses is told."""
    monkeypatch.setattr(timer, "runs_systemd", lambda: True)
    monkeypatch.setattr(timer, "find_program", lambda name: f"/usr/bin/{name}")
    asked = []

    def run(words: list[str], **_keywords: Any) -> subprocess.CompletedProcess[str]:
        asked.append(words[1:])
        return subprocess.CompletedProcess(words, int(words[2] == "disable"), "", "no such unit\n")

    assert timer.switch(True, run, tmp_path) == []
    assert timer.switch(False, run, tmp_path) == ["ideolab-geo-rule.timer: no such unit"]
    assert asked == [
        ["--quiet", "enable", "--now", "ideolab-geo-rule.timer"],
        ["--quiet", "disable", "--now", "ideolab-geo-rule.timer"],
    ]
