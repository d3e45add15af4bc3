"""The log of events with what was rotated, within bounds."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from ideolab_f2b.suggest import event_files
from ideolab_f2b.suggest.event_files import EventFiles

NAME = "connmon_events.jsonl"


def write(directory: Path, name: str, *lines: str, written: float = 2000.0) -> Path:
    path = directory / name
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    os.utime(path, (written, written))
    return path


def read(directory: Path, most_bytes: int = 1 << 20) -> tuple[list[bytes], EventFiles]:
    log = EventFiles(directory / NAME, 1000.0, most_bytes)
    return list(log.lines()), log


def test_the_newest_first(tmp_path: Path) -> None:
    """Packed ones too; what is older than the days, and what has another name, is not opened."""
    write(tmp_path, NAME, "today", "now")
    write(tmp_path, f"{NAME}.1", "yesterday", written=1900.0)
    write(tmp_path, f"{NAME}.2.gz", "before", written=1800.0)
    write(tmp_path, f"{NAME}.3.gz", "long ago", written=999.0)
    write(tmp_path, f"{NAME}x", "another")

    lines, log = read(tmp_path)
    assert lines == [b"today", b"now", b"yesterday", b"before"]
    assert [path.name for path in log.read] == [NAME, f"{NAME}.1", f"{NAME}.2.gz"]
    assert log.unread == []


def test_a_log_without_end(tmp_path: Path) -> None:
    """Its end is read, and what is left out is said; so is the next file."""
    path = write(tmp_path, NAME, *(f"line {number:04}" for number in range(100)))
    older = write(tmp_path, f"{NAME}.1", "older", written=1900.0)

    lines, log = read(tmp_path, 50)
    assert lines[-1] == b"line 0099"
    assert len(lines) <= 6
    assert log.unread == [
        f"{path}: only 50 bytes of it were read",
        f"{older}: there are more bytes of events than are read at once",
    ]


def test_a_packed_file_without_end(tmp_path: Path) -> None:
    """Ten thousand times its size is not unpacked."""
    path = write(tmp_path, f"{NAME}.2.gz", "x" * 1_000_000)

    _lines, log = read(tmp_path, 1000)
    assert log.unread == [f"{path}: only 1000 bytes of it were read"]


def test_a_cut_file(tmp_path: Path) -> None:
    """What comes before the cut counts, and the cut is said."""
    path = write(tmp_path, f"{NAME}.2.gz", "one", "two")
    path.write_bytes(path.read_bytes()[:-12])
    os.utime(path, (2000, 2000))
    write(tmp_path, f"{NAME}.3.gz", "three", written=1900.0)

    lines, log = read(tmp_path)
    assert b"three" in lines
    assert log.unread[0].startswith(f"{path}: ")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """The directory is another user's, and this runs as root."""
    secret = write(tmp_path, "secret", "root:x")
    (tmp_path / NAME).symlink_to(secret)
    os.utime(tmp_path / NAME, (2000, 2000), follow_symlinks=False)

    lines, log = read(tmp_path)
    assert lines == []
    assert len(log.unread) == 1


def test_long_lines_and_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of a megabyte is none of ours; of thousands of files the newest are read."""
    monkeypatch.setattr(event_files, "FILES", 2)
    write(tmp_path, NAME, "x" * 1_000_000, "short")
    for number in range(1, 4):
        write(tmp_path, f"{NAME}.{number}", f"file {number}", written=1900.0 - number)

    lines, log = read(tmp_path, 1 << 22)
    assert lines == [b"short", b"file 1"]
    assert len(log.unread) == 2


def test_files_without_end(tmp_path: Path) -> None:
    """Zeros behind what is packed, and members with nothing in them, are read as far as the bound."""
    sparse = write(tmp_path, f"{NAME}.1.gz", "one")
    os.truncate(sparse, 1 << 40)
    os.utime(sparse, (2000.0, 2000.0))
    empty = tmp_path / f"{NAME}.2.gz"
    empty.write_bytes(gzip.compress(b"") * 10_000)
    os.utime(empty, (1999.0, 1999.0))

    lines, log = read(tmp_path, 100_000)

    assert lines == [b"one"]
    assert log.unread == [
        f"{sparse}: only 100000 bytes of it were read",
        f"{empty}: there are more bytes of events than are read at once",
    ]
