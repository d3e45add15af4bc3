"""The file of lifts: what a crash, a full disk or a stranger does to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.actions.ban.lifted.lift_file import LiftFile
from ideolab_f2b.actions.protected.never_ban import NotRootsError

ROWS = [("198.51.100.7", 1732287121.25), ("all", 1732287122.0), ("2001:db8:c::/64", 1732287123.999)]
TEXT = (
    "2024-11-22T14:52:01.250+0000 jail: lifted 198.51.100.7 what=ban\n"
    "2024-11-22T14:52:02.000+0000 jail: lifted all what=ban\n"
    "2024-11-22T14:52:03.999+0000 jail: lifted 2001:db8:c::/64 what=ban\n"
)


@pytest.fixture
def file(tmp_path: Path) -> LiftFile:
    return LiftFile(tmp_path, "ideolab-manual")


def test_round_trip(file: LiftFile) -> None:
    """Lines are added one by one, or the file is replaced; both say the same."""
    for row in ROWS:
        file.add(*row)
    file.sync()
    assert file.path.read_text() == TEXT
    assert file.read() == ROWS
    file.replace(ROWS)

    assert (file.path.read_text(), file.lines, file.path.stat().st_mode & 0o777) == (TEXT, 3, 0o600)
    assert file.read() == ROWS


def test_rounded_up(file: LiftFile) -> None:
    """The lift is not before a line of the same millisecond; written twice it is the same."""
    file.add("198.51.100.7", 1732287121.2501)
    rows = file.read()
    assert rows == [("198.51.100.7", 1732287121.251)]
    file.replace(rows)
    assert file.read() == rows


def test_a_torn_line(file: LiftFile) -> None:
    """Half a line, and what is none, are left out; the next line is whole."""
    file.path.write_bytes(TEXT.encode()[:-5] + b"\n\x00\xff garbage\n9999-99-99T\n2024-11-22T14:52:09.0")
    file.add(*ROWS[0])

    assert file.read() == [*ROWS[:2], ROWS[0]]


def test_there_is_none(tmp_path: Path) -> None:
    """A new host has no file; a directory that is missing is told when it is needed."""
    assert LiftFile(tmp_path, "jail").read() == []
    missing = LiftFile(tmp_path / "missing", "jail")
    assert missing.read() == []
    with pytest.raises(FileNotFoundError):
        missing.add(*ROWS[0])


@pytest.mark.parametrize("jail", ["../evil", "a/b", "..", "x" * 300])
def test_any_name_of_a_jail(tmp_path: Path, jail: str) -> None:
    """The file stays in its directory."""
    assert LiftFile(tmp_path, jail).path.parent == tmp_path


def test_who_else_can_write(tmp_path: Path) -> None:
    """A file or a directory of others decides nothing, and a link is not followed."""
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    file = LiftFile(directory, "jail")
    file.add(*ROWS[0])
    file.sync()
    file.path.chmod(0o666)
    with pytest.raises(NotRootsError):
        file.read()
    file.path.unlink()
    (tmp_path / "target").write_text(TEXT)
    file.path.symlink_to(tmp_path / "target")
    for call in (file.read, lambda: file.add(*ROWS[0])):
        with pytest.raises(OSError, match="symbolic"):
            call()
    directory.chmod(0o770)
    with pytest.raises(NotRootsError):
        file.add(*ROWS[0])
