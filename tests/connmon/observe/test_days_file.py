"""days_file: written at once, read with care."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ideolab_f2b.connmon.observe import days_file
from ideolab_f2b.connmon.observe.day import WatchedDay
from ideolab_f2b.connmon.observe.day_json import SummaryError


def test_written_and_read(tmp_path: Path) -> None:
    """In the order of their dates, and for the log's readers only: it has addresses."""
    path, days = tmp_path / "x.json", [WatchedDay("2026-11-29", 5.0), WatchedDay("2026-11-28", 7.0)]
    days_file.write(path, days)

    assert days_file.read(path) == days[::-1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_without_a_file_there_are_no_days(tmp_path: Path) -> None:
    """The first start."""
    assert days_file.read(tmp_path / "x.json") == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'{"version":2,"days":[]}',
        b'{"version":1,"days":{}}',
        b'{"version":1,"days":[{}]}',
        b"[" * 100_000,
        b" " * (days_file.LARGEST + 1),
    ],
)
def test_what_is_no_summary(tmp_path: Path, content: bytes) -> None:
    """A cut file, another version, a bomb."""
    path = tmp_path / "x.json"
    path.write_bytes(content)

    with pytest.raises(SummaryError):
        days_file.read(path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/etc/passwd", path)])
def test_no_pipe_no_directory_no_link(tmp_path: Path, make: object) -> None:
    """Whatever the owner of the directory put there, root neither waits nor follows."""
    path = tmp_path / "x.json"
    make(path)  # type: ignore[operator]

    with pytest.raises(OSError):
        days_file.read(path)


def test_only_the_last_days_are_read(tmp_path: Path) -> None:
    """However many somebody wrote."""
    days = [WatchedDay(f"2026-11-{number:02d}", 1.0) for number in range(1, 29)]
    path = tmp_path / "x.json"
    days_file.write(path, days)

    assert days_file.read(path) == days[-days_file.DAYS :]
    assert json.loads(path.read_text())["version"] == 1


def test_a_damaged_one_is_set_aside(tmp_path: Path) -> None:
    """Nothing is lost that somebody may want to look at."""
    path = tmp_path / "x.json"
    path.write_text("{")

    assert days_file.set_aside(path).read_text() == "{"
    assert not path.exists()


@pytest.mark.root
def test_what_root_writes_belongs_to_the_daemon(tmp_path: Path) -> None:
    """`connmon --once` by root, and then the daemon starts again."""
    os.chown(tmp_path, 65534, 65534)
    days_file.write(tmp_path / "x.json", [])

    assert (tmp_path / "x.json").stat().st_uid == 65534
