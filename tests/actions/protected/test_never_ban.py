"""The list of what is never banned: whose it must be, and what its lines mean."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from ideolab_f2b.actions.protected import never_ban


def test_its_lines(caplog: pytest.LogCaptureFixture) -> None:
    """Remarks and blank lines are none; a line that is no network is told, the others count."""
    text = "# all of ours\n\n198.51.100.7  # monitoring\n2001:db8:5::/48\noffice.example.org\n"

    with caplog.at_level(logging.ERROR):
        found = never_ban.parse(text, "/etc/ideolab/never-ban")

    assert [item.text for item in found] == ["198.51.100.7", "2001:db8:5::/48"]
    assert {item.what for item in found} == {"listed in /etc/ideolab/never-ban"}
    assert "/etc/ideolab/never-ban:5: 'office.example.org' does not appear to be" in caplog.text


def test_no_list_protects_nobody(tmp_path: Path) -> None:
    """Neither is one wanted nor must one be there."""
    assert (never_ban.read(""), never_ban.read(str(tmp_path / "none"))) == ([], [])


@pytest.mark.root
@pytest.mark.parametrize(("owner", "mode"), [(0, 0o666), (0, 0o620), (65534, 0o644)])
def test_a_list_that_others_can_write_is_not_read(tmp_path: Path, owner: int, mode: int) -> None:
    """The web server must not decide who is never banned."""
    path = tmp_path / "never-ban"
    path.write_text("198.51.100.7\n")
    os.chown(path, owner, 0)
    path.chmod(mode)

    with pytest.raises(never_ban.NotRootsError, match="is not read: chown root and chmod 644 it"):
        never_ban.read(str(path))


@pytest.mark.root
def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A fifo would hang each ban; a directory leaves no descriptor behind."""
    os.mkfifo(tmp_path / "never-ban", 0o600)
    before = os.listdir("/proc/self/fd")

    for path in (tmp_path / "never-ban", tmp_path):
        with pytest.raises(never_ban.NotRootsError):
            never_ban.read(str(path))

    assert os.listdir("/proc/self/fd") == before
