"""Waits until a file may have changed: inotify(7) where the kernel has it, else by time."""

from __future__ import annotations

import ctypes
import os
import select
import sys
from pathlib import Path

#: seconds between two looks without inotify
POLL_S = 2.0
#: seconds between two looks with it: a network disk tells of no change of another host
LOOK_S = 30.0
#: linux/inotify.h: IN_MODIFY, IN_MOVED_TO, IN_CREATE
_CHANGES = 0x2 | 0x80 | 0x100
#: linux/inotify.h: IN_NONBLOCK, IN_CLOEXEC
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC if sys.platform != "win32" else 0
#: bytes of events that are read, and thrown away: that something has changed is enough
_READ_BYTES = 64 * 1024


class FileWatch:
    """Watches the directory of a file, so that a rotation is seen too; a signal handler may call `wake`."""

    def __init__(self, path: Path, poll_s: float = POLL_S, look_s: float = LOOK_S) -> None:
        self._fd = _watch(path.parent)
        self._wait_s = look_s if self.is_told else poll_s
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    @property
    def is_told(self) -> bool:
        """Return whether the kernel tells of changes."""
        return self._fd >= 0

    def wait(self, seconds: float = float("inf")) -> None:
        """Return when something has changed, was asked to wake, or the time is over."""
        waited = [self._reader, *([self._fd] if self.is_told else [])]
        ready, _, _ = select.select(waited, [], [], min(seconds, self._wait_s))
        for fd in ready:
            os.read(fd, _READ_BYTES)

    def pause(self, seconds: float) -> None:
        """Return when it was asked to wake, or the time is over; changes do not count."""
        if select.select([self._reader], [], [], seconds)[0]:
            os.read(self._reader, _READ_BYTES)

    def wake(self) -> None:
        """End the wait, or the next one."""
        try:
            os.write(self._writer, b"\0")
        except BlockingIOError:
            # it is full of such bytes
            return

    def close(self) -> None:
        """Give back what the kernel holds for it."""
        for fd in (self._fd, self._reader, self._writer):
            if fd >= 0:
                os.close(fd)


def _watch(directory: Path) -> int:
    """Return the descriptor of inotify; -1 without it."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        fd = int(library.inotify_init1(_FLAGS))
    except (OSError, AttributeError, TypeError):
        return -1
    if fd >= 0 and library.inotify_add_watch(fd, os.fsencode(directory), _CHANGES) < 0:
        os.close(fd)
        return -1
    return fd
