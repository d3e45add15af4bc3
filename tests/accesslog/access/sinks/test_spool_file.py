"""Files of the spool, each held by one process."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ideolab_accesslog.access.sinks import spool_file
from tests.accesslog.rows import row, write_spool_file


def test_a_file_is_held_until_it_is_released(tmp_path: Path) -> None:
    """Nobody else loads it meanwhile."""
    file = spool_file.create(tmp_path / "spool")
    file.append(b"[1]\n")
    file.append(b"[22]\n")
    assert (file.rows, file.bytes, file.path.read_bytes()) == (2, 9, b"[1]\n[22]\n")
    assert list(spool_file.orphans(tmp_path / "spool")) == []

    file.release()
    assert [orphan.path for orphan in spool_file.orphans(tmp_path / "spool")] == [file.path]


@pytest.mark.parametrize("is_gone", [False, True], ids=["being loaded", "gone"])
def test_a_new_file_that_another_process_takes_is_left_to_it(
    is_gone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its making and its lock it looks like an orphan; what is written to it would be removed."""
    lock, taken = spool_file._lock, list[spool_file.SpoolFile]()

    def take_first(fd: int) -> None:
        monkeypatch.setattr(spool_file, "_lock", lock)
        taken.extend(filter(None, map(spool_file._take, tmp_path.iterdir())))
        if is_gone:
            taken[0].path.unlink()
            taken[0].release()
        lock(fd)

    monkeypatch.setattr(spool_file, "_lock", take_first)
    file = spool_file.create(tmp_path)
    file.append(b"[1]\n")

    assert (len(taken), file.path.read_bytes()) == (1, b"[1]\n")
    assert file.path != taken[0].path
    assert list(spool_file.orphans(tmp_path)) == []


def test_a_disk_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are written there, and no process takes the file of another one."""

    def refuse(_fd: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(spool_file, "_lock", refuse)
    file = spool_file.create(tmp_path)
    file.append(b"[1]\n")
    file.release()

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"[1]\n"]
    assert list(spool_file.orphans(tmp_path)) == []


def test_the_attempts_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request must not wait for ever, nor fill the disk with empty files."""

    def refuse(_fd: int) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(spool_file, "_lock", refuse)
    with pytest.raises(OSError, match="other processes take each new file"):
        spool_file.create(tmp_path)


def test_orphans_come_oldest_first(tmp_path: Path) -> None:
    """As they were written."""
    files = [write_spool_file(tmp_path, row()) for _ in range(3)]
    for age, path in enumerate(files):
        os.utime(path, (1000 - age, 1000 - age))

    assert [orphan.path for orphan in spool_file.orphans(tmp_path)] == files[::-1]


def test_the_size_is_that_of_all_files(tmp_path: Path) -> None:
    """Files of others in the directory do not count."""
    files = [write_spool_file(tmp_path, row()) for _ in range(2)]
    (tmp_path / "notes.txt").write_text("x" * 1000)

    assert spool_file.size(tmp_path) == sum(path.stat().st_size for path in files)
    assert spool_file.size(tmp_path / "missing") == 0


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line would become a part of it, and a third row of the two."""
    file = spool_file.create(tmp_path)
    file.append(b"[1]\n")
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[:2]))
    with pytest.raises(OSError, match="only a part"):
        file.append(b"[22]\n")
    monkeypatch.undo()
    file.append(b"[333]\n")

    assert (file.rows, file.path.read_bytes()) == (2, b"[1]\n[333]\n")
    file.release()
