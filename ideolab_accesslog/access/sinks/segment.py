"""The files of the spool. A process holds what it appends to or loads; the rest is of dead ones."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

if sys.platform != "win32":
    import fcntl

SUFFIX = ".jsonl"


class Segment:
    """A file of the spool that this process holds: no other loads it. The lock ends with the process."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd
        self.rows = 0
        self.bytes = 0

    def append(self, line: bytes) -> None:
        if os.write(self._fd, line) != len(line):
            raise OSError(f"{self.path}: the disk took only a part")
        self.rows += 1
        self.bytes += len(line)

    def release(self) -> None:
        os.close(self._fd)


def create(directory: Path) -> Segment:
    """A new file to append to."""
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    # the host's name: hosts that share a database must not take each other's files for loaded ones
    path = directory / f"{socket.gethostname()}-{uuid.uuid4().hex}{SUFFIX}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    fd = os.open(path, flags, 0o640)
    _hold(fd)
    return Segment(path, fd)


def orphans(directory: Path) -> Iterator[Segment]:
    """The files that nobody holds, oldest first, each held until the next one is asked for."""
    for path in sorted(directory.glob(f"*{SUFFIX}"), key=_modified):
        segment = _taken(path)
        if segment is not None:
            try:
                yield segment
            finally:
                segment.release()


def size(directory: Path) -> int:
    """The bytes of everything that waits."""
    total = 0
    for path in directory.glob(f"*{SUFFIX}"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _taken(path: Path) -> Optional[Segment]:
    if sys.platform == "win32" and not _is_closed(path):
        return None
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None
    # a file without a name was loaded while we came
    if _hold(fd) and os.fstat(fd).st_nlink:
        return Segment(path, fd)
    os.close(fd)
    return None


def _hold(fd: int) -> bool:
    if sys.platform != "win32":
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _is_closed(path: Path) -> bool:
    """Windows has no flock, but renames no file that is open."""
    probe = path.with_suffix(".probe")
    try:
        path.replace(probe)
        probe.replace(path)
    except OSError:
        return False
    return True
