"""log_file: whole lines into the file that has the name, on good days and bad ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake.log_file import LogFile

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def log_file(tmp_path: Path, complaint: Complaint) -> LogFile:
    """Into error.log below tmp_path."""
    return LogFile(tmp_path / "error.log", complaint)


def test_lines_are_appended(log_file: LogFile) -> None:
    """A new file is for the group to read, and for nobody else."""
    assert log_file.write([b"one", b"two\nforged"]) == 2
    assert log_file.write([b"three"]) == 1

    assert log_file.path.read_text() == "one\ntwo\\x0aforged\nthree\n"
    assert log_file.path.stat().st_mode & 0o777 & ~0o640 == 0


def test_rotation_needs_no_signal(log_file: LogFile) -> None:
    """After rename, with and without a new file, and after a deletion the lines go where the name is."""
    log_file.write([b"one"])
    log_file.path.rename(log_file.path.with_suffix(".1"))
    log_file.write([b"two"])
    log_file.path.rename(log_file.path.with_suffix(".2"))
    log_file.path.touch()
    log_file.write([b"three"])
    log_file.path.unlink()
    log_file.write([b"four"])

    assert log_file.path.with_suffix(".1").read_text() == "one\n"
    assert log_file.path.with_suffix(".2").read_text() == "two\n"
    assert log_file.path.read_text() == "four\n"


def test_truncation_in_place_leaves_no_hole(log_file: LogFile) -> None:
    """As copytruncate does it."""
    log_file.write([b"one"])
    os.truncate(log_file.path, 0)
    log_file.write([b"two"])

    assert log_file.path.read_text() == "two\n"


def test_half_a_line_does_not_swallow_the_next(log_file: LogFile) -> None:
    """What a crash left is ended first."""
    log_file.path.write_text("whole\nhal")
    log_file.write([b"one"])

    assert log_file.path.read_text() == "whole\nhal\none\n"


def test_a_full_disk_is_said_and_over_when_there_is_space(log_file: LogFile, said: list[str]) -> None:
    """The lines in between are lost, and told as lost."""
    log_file.path.symlink_to("/dev/full")
    assert [log_file.write([b"one", b"two"]), log_file.write([b"three"])] == [0, 0]
    log_file.path.unlink()
    assert log_file.write([b"four"]) == 1

    assert log_file.path.read_text() == "four\n"
    assert said == [
        f"intake: {log_file.path}: No space left on device; lines are lost until this is corrected",
        f"intake: {log_file.path}: lines are written again",
    ]


def test_a_missing_directory_is_said(tmp_path: Path, complaint: Complaint, said: list[str]) -> None:
    """And comes back without a restart."""
    log_file = LogFile(tmp_path / "log/error.log", complaint)
    assert log_file.write([b"one"]) == 0
    log_file.path.parent.mkdir()
    assert log_file.write([b"two"]) == 1

    assert (
        said[0]
        == f"intake: {log_file.path}: No such file or directory; lines are lost until this is corrected"
    )


#: run in a mount namespace of its own: (path) fills a file system of 64 KiB, then makes room again
ON_A_SMALL_DISK = """
import os, sys
from pathlib import Path
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake.log_file import LogFile

path = Path(sys.argv[1], "error.log")
log_file = LogFile(path, Complaint(lambda text: None, 60.0))
texts = [b"%05d " % number + b"x" * 94 for number in range(300)]
written = [log_file.write(texts) for _time in range(4)]
full = path.read_bytes()
path.rename(path.with_suffix(".1"))
os.truncate(path.with_suffix(".1"), 0)
written.append(log_file.write(texts[:3]))
log_file.close()
sizes = {len(line) for line in full.splitlines()[:-1]}
print(written, full.count(b"\\n"), sizes, path.read_bytes().count(b"\\n"))
"""


@pytest.mark.root
def test_a_disk_that_fills_up_holds_whole_lines(tmp_path: Path) -> None:
    """The line that did not fit is lost with those after it; the lines before it and those later count."""
    script = f'mount -t tmpfs -o size=64k none "{tmp_path}" && exec "$@"'
    words = [sys.executable, "-c", ON_A_SMALL_DISK, str(tmp_path)]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *words],
        capture_output=True, text=True, cwd=REPOSITORY, check=True, timeout=120,
    )  # fmt: skip

    # 64 KiB hold 648 lines of 101 bytes, and part of the next
    assert done.stdout == "[300, 300, 48, 0, 3] 648 {100} 3\n"
