"""Files of the spool: a process locks the one that it appends to or loads, until it ends."""

from __future__ import annotations

import errno
import os
import socket
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

if sys.platform != "win32":
    import fcntl

SUFFIX = ".copy"
#: files of earlier versions, whose lines are JSON
FORMER_SUFFIX = ".jsonl"
#: new files that are tried: one is taken hardly ever, two in a row never
ATTEMPTS = 10
_NEW = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


class SpoolFile:
    """A file of the spool that this process holds: no other loads it. The lock ends with the process."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd
        self.rows = 0
        self.bytes = 0

    def append(self, line: bytes) -> None:
        """Write one line in one call; OSError when the disk is full."""
        if os.write(self._fd, line) != len(line):
            # the next line must not follow a half one
            os.ftruncate(self._fd, self.bytes)
            raise OSError(f"{self.path}: the disk took only a part")
        self.rows += 1
        self.bytes += len(line)

    def release(self) -> None:
        """Close the file, and with it the lock."""
        os.close(self._fd)


def create(directory: Path) -> SpoolFile:
    """Return a new file to append to; OSError when there can be none."""
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    for _attempt in range(ATTEMPTS):
        # the host's name: hosts that share a database must not take each other's files for loaded ones
        path = directory / f"{socket.gethostname()}-{uuid.uuid4().hex}{SUFFIX}"
        fd = os.open(path, _NEW, 0o640)
        if not _is_taken(fd):
            return SpoolFile(path, fd)
        # who looks for orphans has it, and removes it with all that is written to it
        os.close(fd)
    raise OSError(errno.EBUSY, "other processes take each new file", str(directory))


def orphans(directory: Path) -> Iterator[SpoolFile]:
    """Yield the files that no process holds, oldest first; each is held until the next one is asked for."""
    for path in sorted(_list(directory), key=_mtime):
        file = _take(path)
        if file is not None:
            try:
                yield file
            finally:
                file.release()


def size(directory: Path) -> int:
    """Return the bytes of all files in the directory."""
    total = 0
    for path in _list(directory):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _list(directory: Path) -> list[Path]:
    return [path for suffix in (SUFFIX, FORMER_SUFFIX) for path in directory.glob(f"*{suffix}")]


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _take(path: Path) -> Optional[SpoolFile]:
    if sys.platform == "win32" and not _is_closed(path):
        return None
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return None
    # a file without a name was loaded while we came
    if _hold(fd) and os.fstat(fd).st_nlink:
        return SpoolFile(path, fd)
    os.close(fd)
    return None


def _is_taken(fd: int) -> bool:
    """Lock a new file; return whether another process was faster, and loads it or has removed it.

    On a disk without locks nobody takes anything.
    """
    try:
        _lock(fd)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return not os.fstat(fd).st_nlink


def _hold(fd: int) -> bool:
    try:
        _lock(fd)
    except OSError:
        return False
    return True


def _lock(fd: int) -> None:
    """BlockingIOError when another process has it; OSError on a disk without locks."""
    if sys.platform != "win32":
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_closed(path: Path) -> bool:
    """Windows has no flock, but renames no file that is open."""
    probe = path.with_suffix(".probe")
    try:
        path.replace(probe)
        probe.replace(path)
    except OSError:
        return False
    return True
