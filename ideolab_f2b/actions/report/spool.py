"""The queue on disk between a ban and its event: a killed server finds at its next start what it owes.

Segments of a few thousand lines in a directory of root's: ban() copies a line into the mapped file, the
worker reads what is finished and drops it when its events are written and counted. The directory is empty
most of the time. The pages are the kernel's: they outlive a kill -9, and not a power cut, which ends the
kernel's bans as well.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import re
import threading
import time
from pathlib import Path
from typing import Optional

#: records of one segment: their origins are looked up together
SEGMENT = 5000
#: bytes of one segment, taken from the disk before the first line: a full disk is an error then, not a signal
ROOM = 1 << 20
_NAME = re.compile(r"spool\.(\d{15})")
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class SpoolError(OSError):
    """The directory cannot be used; the text says why."""


class RecordSpool:
    """One process has it at a time. Any thread may append; one reads."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        #: descriptor whose lock makes the directory ours
        self._lock_file: Optional[int] = None
        #: the segment that is written: its descriptor, its memory, its number, its records, its bytes
        self._file: Optional[int] = None
        self._map: Optional[mmap.mmap] = None
        self._number = 0
        self._size = 0
        self._bytes = 0
        #: records that are not dropped yet
        self.waiting = 0
        #: finished segments with the number of their lines
        self._finished: dict[int, int] = {}

    @property
    def is_open(self) -> bool:
        """Whether the directory is this process's."""
        return self._lock_file is not None

    def open(self) -> None:
        """Take the directory for this process; OSError when it is another's or cannot be written."""
        with self._lock:
            if self._lock_file is not None:
                return
            self.directory.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _take_lock(descriptor, self.directory)
                finished = self._find_segments()
            except BaseException:
                os.close(descriptor)
                raise
            self._lock_file, self._finished = descriptor, finished
            self._number = max(finished, default=0)
            self.waiting = sum(finished.values())

    def _find_segments(self) -> dict[int, int]:
        numbers = sorted(int(hit[1]) for hit in map(_NAME.fullmatch, os.listdir(self.directory)) if hit)
        return {number: len(self.read(number)) for number in numbers}

    def append(self, line: bytes) -> None:
        """Add one line; OSError leaves the file as it was."""
        with self._lock:
            if self._lock_file is None:
                raise SpoolError(f"{self.directory} is not open")
            end = self._bytes + len(line)
            if self._map is None or end > ROOM:
                room, end = self._begin_segment(len(line)), len(line)
            else:
                room = self._map
            # write(2) costs four times as much, and the jail's thread waits for it
            room[end - len(line) : end] = line
            self._bytes, self._size = end, self._size + 1
            self.waiting += 1
            if self._size >= SEGMENT:
                self._finish_segment()

    def _begin_segment(self, length: int) -> mmap.mmap:
        if length > ROOM:
            raise SpoolError(f"a record of {length} bytes has no room in a segment of {ROOM}")
        self._finish_segment()
        # never a number that was there before, also when all segments are gone
        self._number = max(self._number + 1, int(time.time() * 1000))
        self._file, self._map = _create(self._path(self._number))
        self._size, self._bytes = 0, 0
        return self._map

    def _finish_segment(self) -> None:
        if self._file is None or self._map is None:
            return
        self._map.close()
        self._map = None
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self._bytes)
        os.close(self._file)
        self._file = None
        self._finished[self._number], self._size = self._size, 0

    def segments(self) -> list[int]:
        """What can be read now, oldest first; what is appended from now on is in a later one."""
        with self._lock:
            self._finish_segment()
            return sorted(self._finished)

    def read(self, number: int) -> list[bytes]:
        """Return the lines of a segment; the last one may be cut, when the server was killed at its write."""
        # that of a killed server still has its whole room
        return self._path(number).read_bytes().rstrip(b"\0").splitlines()

    def drop(self, number: int) -> None:
        """Remove a segment: everything in it is done."""
        self._path(number).unlink(missing_ok=True)
        with self._lock:
            self.waiting -= self._finished.pop(number, 0)

    def close(self) -> None:
        """Leave what is there to the next process."""
        with self._lock:
            self._finish_segment()
            if self._lock_file is not None:
                os.close(self._lock_file)
                self._lock_file = None

    def _path(self, number: int) -> Path:
        return self.directory / f"spool.{number:015d}"


def _take_lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SpoolError(f"{directory} is in use by another fail2ban-server") from None


def _create(path: Path) -> tuple[int, mmap.mmap]:
    """Create a segment with all of its room; OSError leaves nothing."""
    descriptor = os.open(path, _CREATE, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, ROOM)
        return descriptor, mmap.mmap(descriptor, ROOM)
    except BaseException:
        os.close(descriptor)
        with contextlib.suppress(OSError):
            path.unlink()
        raise
