"""The verb `check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import cli


def test_the_verb_prints_a_line_for_each_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people, and with --json for programs."""
    monkeypatch.setattr("ideolab_f2b.check.checks.CHECKS", {})
    path = tmp_path / "f2b.conf"
    path.write_text("[nonsense]\n")

    assert cli.main(["check", "--config", str(path)]) == 1
    assert capsys.readouterr().out.startswith("wrong    settings: ")
    assert cli.main(["check", "--config", str(path), "--json"]) == 1
    assert capsys.readouterr().out.startswith('{"check": "settings", "state": "wrong", ')
