"""outlet: whole lines into the file that has the name, on good days and bad ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ideolab_f2b.intake.complaint import Complaint
from ideolab_f2b.intake.outlet import Outlet

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def outlet(tmp_path: Path, complaint: Complaint) -> Outlet:
    """Into error.log below tmp_path."""
    return Outlet(tmp_path / "error.log", complaint)


def test_lines_are_appended(outlet: Outlet) -> None:
    """A new file is for the group to read, and for nobody else."""
    assert outlet.write([b"one", b"two\nforged"]) == 2
    assert outlet.write([b"three"]) == 1

    assert outlet.path.read_text() == "one\ntwo\\x0aforged\nthree\n"
    assert outlet.path.stat().st_mode & 0o777 & ~0o640 == 0


def test_rotation_needs_no_signal(outlet: Outlet) -> None:
    """After rename, with and without a new file, and after a deletion the lines go where the name is."""
    outlet.write([b"one"])
    outlet.path.rename(outlet.path.with_suffix(".1"))
    outlet.write([b"two"])
    outlet.path.rename(outlet.path.with_suffix(".2"))
    outlet.path.touch()
    outlet.write([b"three"])
    outlet.path.unlink()
    outlet.write([b"four"])

    assert outlet.path.with_suffix(".1").read_text() == "one\n"
    assert outlet.path.with_suffix(".2").read_text() == "two\n"
    assert outlet.path.read_text() == "four\n"


def test_truncation_in_place_leaves_no_hole(outlet: Outlet) -> None:
    """As copytruncate does it."""
    outlet.write([b"one"])
    os.truncate(outlet.path, 0)
    outlet.write([b"two"])

    assert outlet.path.read_text() == "two\n"


def test_half_a_line_does_not_swallow_the_next(outlet: Outlet) -> None:
    """What a crash left is ended first."""
    outlet.path.write_text("whole\nhal")
    outlet.write([b"one"])

    assert outlet.path.read_text() == "whole\nhal\none\n"


def test_a_full_disk_is_said_and_over_when_there_is_space(outlet: Outlet, said: list[str]) -> None:
    """The lines in between are lost, and told as lost."""
    outlet.path.symlink_to("/dev/full")
    assert [outlet.write([b"one", b"two"]), outlet.write([b"three"])] == [0, 0]
    outlet.path.unlink()
    assert outlet.write([b"four"]) == 1

    assert outlet.path.read_text() == "four\n"
    assert said == [
        f"intake: {outlet.path}: No space left on device; lines are lost until it is mended",
        f"intake: {outlet.path}: lines are written again",
    ]


def test_a_missing_directory_is_said(tmp_path: Path, complaint: Complaint, said: list[str]) -> None:
    """And comes back without a restart."""
    outlet = Outlet(tmp_path / "log/error.log", complaint)
    assert outlet.write([b"one"]) == 0
    outlet.path.parent.mkdir()
    assert outlet.write([b"two"]) == 1

    assert said[0] == f"intake: {outlet.path}: No such file or directory; lines are lost until it is mended"


#: run in a mount namespace of its own: (path) fills a file system of 64 KiB, then makes room again
ON_A_SMALL_DISK = """
import os, sys
from pathlib import Path
from ideolab_f2b.intake.complaint import Complaint
from ideolab_f2b.intake.outlet import Outlet

path = Path(sys.argv[1], "error.log")
outlet = Outlet(path, Complaint(lambda text: None))
texts = [b"%05d " % number + b"x" * 94 for number in range(300)]
written = [outlet.write(texts) for _time in range(4)]
full = path.read_bytes()
path.rename(path.with_suffix(".1"))
os.truncate(path.with_suffix(".1"), 0)
written.append(outlet.write(texts[:3]))
outlet.close()
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
