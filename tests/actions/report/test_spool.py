"""spool: a queue on disk that a kill cannot empty."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ideolab_f2b.actions.report import spool
from ideolab_f2b.actions.report.spool import RecordSpool, SpoolError


def opened(directory: Path) -> RecordSpool:
    made = RecordSpool(directory / "state")
    made.open()
    return made


def test_what_goes_in_comes_out_in_order(tmp_path: Path) -> None:
    """What is appended while one reads is in a later segment; what is dropped is gone."""
    queue = opened(tmp_path)
    queue.append(b"1\n")
    queue.append(b"2\n")
    [first] = queue.segments()
    queue.append(b"3\n")
    found = {number: queue.read(number) for number in queue.segments()}

    assert list(found.values()) == [[b"1", b"2"], [b"3"]]
    assert queue.waiting == 3
    queue.drop(first)
    assert (queue.waiting, queue.segments()) == (1, [max(found)])
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    queue.close()


def test_the_next_process_finds_it(tmp_path: Path) -> None:
    """Also a line that the kill cut; numbers are never used twice."""
    queue = opened(tmp_path)
    queue.append(b"1\n")
    [number] = queue.segments()
    queue.close()
    with open(tmp_path / "state" / f"spool.{number:015d}", "ab") as file:
        file.write(b'["half')

    again = opened(tmp_path)
    assert (again.waiting, again.segments(), again.read(number)) == (2, [number], [b"1", b'["half'])
    again.append(b"4\n")
    assert again.segments()[0] == number < again.segments()[1]
    again.close()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """Two would write into each other's segments."""
    queue = opened(tmp_path)
    with pytest.raises(SpoolError, match="in use by another fail2ban-server"):
        RecordSpool(tmp_path / "state").open()
    queue.close()
    with pytest.raises(SpoolError, match="is not open"):
        queue.append(b"1\n")
    opened(tmp_path).close()


def test_a_full_disk_leaves_no_half_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is the caller's again, and the next one is tried anew."""
    queue = opened(tmp_path)

    def full(_file: int, _start: int, _length: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="No space left"):
            queue.append(b"1\n")
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["lock"]
    queue.append(b"2\n")

    assert [queue.read(number) for number in queue.segments()] == [[b"2"]]
    assert queue.waiting == 1
    queue.close()


def test_long_lines_take_more_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is never cut in two, and one that fits nowhere is refused."""
    monkeypatch.setattr(spool, "ROOM", mmap.PAGESIZE)
    queue = opened(tmp_path)
    lines = [b"%d" % number * 1500 for number in range(5)]
    for line in lines:
        queue.append(line + b"\n")
    with pytest.raises(SpoolError, match="no room"):
        queue.append(b"x" * mmap.PAGESIZE + b"\n")

    found = [queue.read(number) for number in queue.segments()]
    assert [line for segment in found for line in segment] == lines
    assert [len(segment) for segment in found] == [2, 2, 1]
    queue.close()


def test_a_killed_server_leaves_its_lines(tmp_path: Path) -> None:
    """Nothing was closed: the room behind the last line is no line."""
    program = (
        "import os, pathlib, sys\n"
        "from ideolab_f2b.actions.report.spool import RecordSpool\n"
        "queue = RecordSpool(pathlib.Path(sys.argv[1]))\n"
        "queue.open()\n"
        "queue.append(b'1\\n')\n"
        "queue.append(b'2\\n')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "state")], timeout=120)
    assert done.returncode == -9
    queue = opened(tmp_path)
    assert queue.waiting == 2
    assert [queue.read(number) for number in queue.segments()] == [[b"1", b"2"]]
    queue.close()


def test_threads_and_full_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jails at once lose no line, and no segment grows without end."""
    monkeypatch.setattr(spool, "SEGMENT", 100)
    queue = opened(tmp_path)

    def put(name: bytes) -> None:
        for number in range(400):
            queue.append(b"%s%d\n" % (name, number))

    threads = [threading.Thread(target=put, args=(name,)) for name in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = [queue.read(number) for number in queue.segments()]
    assert [len(lines) for lines in found] == [100] * 8
    assert len({line for lines in found for line in lines}) == 800
    queue.close()
