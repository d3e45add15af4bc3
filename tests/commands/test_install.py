"""The verb `install`: what its options ask for, and its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.commands import install
from ideolab_f2b.install.options import InstallRequest


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ([], InstallRequest()),
        (["--nginx", "--no-start"], InstallRequest(has_nginx=True, is_started=False)),
        (["--django", "site", "--sudo-for", "web"], InstallRequest(django="site", sudo_for="web")),
        (["--dry-run"], InstallRequest(is_dry_run=True)),
        (["--no-nginx"], InstallRequest(withdrawn=frozenset({"nginx"}))),
        (
            ["--no-django", "--no-sudo-for", "--nginx"],
            InstallRequest(has_nginx=True, withdrawn=frozenset({"web_group", "sudo_for"})),
        ),
    ],
)
def test_options(
    words: list[str], request_: InstallRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They reach the installer, with the root as an absolute path."""
    asked: list[object] = []

    def record(root: Path, request: InstallRequest, _say: object) -> list[str]:
        asked.extend((root, request))
        return []

    monkeypatch.setattr(install, "install", record)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["install", "--root", "staging", *words]) == 0
    assert asked == [tmp_path / "staging", request_]


@pytest.mark.parametrize("words", [["--nginx", "--no-nginx"], ["--django", "site", "--no-django"]])
def test_an_option_and_its_end_are_a_usage_error(words: list[str]) -> None:
    """Nobody can tell which one was meant."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["install", "--dry-run", *words])

    assert caught.value.code == 2


def test_what_could_not_be_removed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The install itself is done; the installer has said what is left."""
    monkeypatch.setattr(install, "install", lambda *_words: ["/etc/x: busy"])

    assert cli.main(["install", "--dry-run"]) == 1
