"""The copy of a fail2ban configuration: contents, whatever links lead to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.install.trial import configuration
from ideolab_f2b.install.trial.configuration import Copier, copy_configuration


@pytest.fixture
def fail2ban(tmp_path: Path) -> Path:
    """A configuration with a file and a directory."""
    etc = tmp_path / "fail2ban"
    (etc / "jail.d").mkdir(parents=True)
    (etc / "jail.conf").write_text("[DEFAULT]\n")
    return etc


def test_the_copy_has_contents_and_is_gone_afterwards(fail2ban: Path, tmp_path: Path) -> None:
    """Links become what they lead to: a file, a directory, /etc/fail2ban itself."""
    dotfiles = tmp_path / "dotfiles"
    (dotfiles / "fail2ban.d").mkdir(parents=True)
    (dotfiles / "jail.local").write_text("[DEFAULT]\nbantime = 1d\n")
    (fail2ban / "jail.local").symlink_to(dotfiles / "jail.local")
    (fail2ban / "fail2ban.d").symlink_to(dotfiles / "fail2ban.d")
    (tmp_path / "etc").symlink_to(fail2ban)

    with copy_configuration(tmp_path / "etc") as directory:
        copied = directory / "config"
        assert not [path for path in copied.rglob("*") if path.is_symlink()]
        assert (copied / "jail.local").read_text() == "[DEFAULT]\nbantime = 1d\n"
        (copied / "jail.local").write_text("of the trial\n")
        (copied / "fail2ban.d" / "zzzz-trial.local").touch()

    assert not directory.exists()
    assert (dotfiles / "jail.local").read_text() == "[DEFAULT]\nbantime = 1d\n"
    assert os.listdir(dotfiles / "fail2ban.d") == []


def test_links_in_circles_and_to_nowhere_are_left_out(fail2ban: Path) -> None:
    """fail2ban reads neither."""
    (fail2ban / "jail.local").symlink_to("missing/jail.local")
    (fail2ban / "jail.d" / "a.conf").symlink_to("a.conf")
    (fail2ban / "jail.d" / "above").symlink_to("..")

    with copy_configuration(fail2ban) as directory:
        copied = directory / "config"
        assert sorted(str(path.relative_to(copied)) for path in copied.rglob("*")) == ["jail.conf", "jail.d"]


@pytest.mark.parametrize("name", ["jail.local", "jail.d/a.conf", "ideolab-ban.py"])
def test_a_pipe_that_fail2ban_would_wait_for_is_named(fail2ban: Path, name: str) -> None:
    """The installer would wait with it."""
    os.mkfifo(fail2ban / name)

    with (
        pytest.raises(TrialError, match=f"{name} is a pipe or a device, on which fail2ban would wait"),
        copy_configuration(fail2ban),
    ):
        pass


def test_a_device_is_named_and_a_pipe_of_another_name_is_left_out(fail2ban: Path) -> None:
    """fail2ban opens only what has a name that it knows."""
    os.mkfifo(fail2ban / "queue")
    with copy_configuration(fail2ban) as directory:
        assert sorted(os.listdir(directory / "config")) == ["jail.conf", "jail.d"]
    (fail2ban / "jail.local").symlink_to("/dev/zero")

    with pytest.raises(TrialError, match=r"jail\.local is a pipe or a device"), copy_configuration(fail2ban):
        pass


def test_what_has_no_end_is_named(fail2ban: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge file, far too many files; a huge file that fail2ban does not read is left out."""
    monkeypatch.setattr(configuration, "MAX_FILE", 100)
    monkeypatch.setattr(configuration, "MAX_FILES", 3)
    (fail2ban / "backup.tar").write_bytes(b"x" * 101)
    Copier().copy(fail2ban, tmp_path / "copy")
    assert sorted(os.listdir(tmp_path / "copy")) == ["jail.conf", "jail.d"]

    for name in "abcd":
        (fail2ban / "jail.d" / name).touch()
    with pytest.raises(TrialError, match="too much to copy for a trial"):
        Copier().copy(fail2ban, tmp_path / "another")
    (fail2ban / "jail.conf").write_bytes(b"x" * 101)
    with pytest.raises(TrialError, match=r"jail\.conf is larger than"):
        Copier().copy(fail2ban, tmp_path / "third")


def test_programs_stay_programs(fail2ban: Path) -> None:
    """A jail may have an ignorecommand of the admin's; nobody else may write the copy."""
    program = fail2ban / "is-friend"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)

    with copy_configuration(fail2ban) as directory:
        assert (directory / "config" / "is-friend").stat().st_mode & 0o777 == 0o755
