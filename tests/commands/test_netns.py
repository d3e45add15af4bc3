"""The verb `netns` where its settings or its directory are not as they should be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.cli import main
from ideolab_f2b.commands import netns


@pytest.mark.root
def test_the_list_helps_who_wrote_a_wrong_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error of the setting sends people to the list, which has the names for it."""
    config, pids = tmp_path / "f2b.conf", tmp_path / "pids"
    config.write_text("[connmon]\ncontainers = docker:web\n")
    pids.write_text(str(os.getpid()))

    assert main(["netns", "--list", "--config", str(config), "--pids", str(pids)]) == 1

    said = capsys.readouterr()
    assert said.out == "there is no other network namespace with a process in it\n"
    assert "containers = 'docker:web'" in said.err
    assert "the list for the defaults" in said.err

    assert main(["netns", "--config", str(config), "--pids", str(pids)]) == 1
    assert "containers = 'docker:web'" in capsys.readouterr().err


def test_the_list_of_who_sees_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no empty list."""
    monkeypatch.setattr(netns, "is_able", lambda: False)
    for compose, way_out in (("", "sudo"), ("docker compose", "docker compose exec netns")):
        monkeypatch.setenv("IDEOLAB_F2B_COMPOSE", compose)
        assert main(["netns", "--list"]) == 1

        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.endswith(f"CAP_SYS_PTRACE: {way_out} ideolab-f2b netns --list\n")


def test_without_its_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The error names the socket and who makes its directory."""
    config, path = tmp_path / "f2b.conf", tmp_path / "nowhere" / "sock"
    config.write_text("")

    words = ["netns", "--config", str(config), "--socket", str(path), "--user", str(os.getuid())]
    assert main(words) == 1

    said = capsys.readouterr().err
    assert f"{path}" in said
    assert "No such file or directory; systemd makes the directory" in said
    assert "ideolab-netns" in said
