"""The verb `uninstall`: what its options ask for, and its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.commands import uninstall
from ideolab_f2b.install.uninstall import UninstallRequest


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ([], UninstallRequest()),
        (["--keep-config", "--dry-run"], UninstallRequest(keep_config=True, is_dry_run=True)),
        (["--keep-logs", "--force"], UninstallRequest(keep_logs=True, is_forced=True)),
    ],
)
def test_options(
    words: list[str], request_: UninstallRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They reach the uninstaller, with the root as an absolute path."""
    asked: list[object] = []

    def record(root: Path, request: UninstallRequest, _say: object) -> list[str]:
        asked.extend((root, request))
        return []

    monkeypatch.setattr(uninstall, "uninstall", record)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["uninstall", "--root", "staging", *words]) == 0
    assert asked == [tmp_path / "staging", request_]


def test_what_is_left_is_named_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each on stderr."""
    monkeypatch.setattr(uninstall, "uninstall", lambda *_words: ["rules: no iptables", "/etc/x: busy"])

    assert cli.main(["uninstall", "--dry-run"]) == 1
    assert capsys.readouterr().err == "left: rules: no iptables\nleft: /etc/x: busy\n"
