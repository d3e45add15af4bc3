"""Waits until a file may have changed: inotify(7) where the kernel has it, else by time."""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
from pathlib import Path
from typing import Optional

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
#: struct inotify_event without its name: descriptor, mask, cookie, bytes of the name
_EVENT = struct.Struct("iIII")
#: linux/inotify.h: IN_IGNORED
_IGNORED = 0x8000


class FileWatch:
    """Watches the directory of a file, so that a rotation is seen too; a signal handler may call `wake`."""

    def __init__(self, path: Path, poll_s: float = POLL_S, look_s: float = LOOK_S) -> None:
        self._directory = path.parent
        self._poll_s, self._look_s = poll_s, look_s
        #: the directory that is watched, and the descriptor of inotify
        self._place, self._fd = _find_place(path.parent), _watch(path.parent)
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    @property
    def is_told(self) -> bool:
        """Return whether the kernel tells of changes."""
        return self._fd >= 0

    def wait(self, seconds: float = float("inf")) -> None:
        """Return when something has changed, was asked to wake, or the time is over."""
        self._follow_directory()
        waited = [self._reader, *([self._fd] if self.is_told else [])]
        ready, _, _ = select.select(
            waited, [], [], min(seconds, self._look_s if self.is_told else self._poll_s)
        )
        for fd in ready:
            data = os.read(fd, _READ_BYTES)
            if fd == self._fd and _is_over(data):
                self._forget()

    def _follow_directory(self) -> None:
        """Watch the directory that has the name now: one was missing, closed to this user, or made anew."""
        place = _find_place(self._directory)
        if place != self._place or not self.is_told:
            self._forget()
            self._place, self._fd = place, _watch(self._directory)

    def _forget(self) -> None:
        if self.is_told:
            os.close(self._fd)
        self._fd = -1

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


def _find_place(directory: Path) -> Optional[tuple[int, int]]:
    """Return device and inode; None where the directory cannot be seen."""
    try:
        found = os.stat(directory)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_over(data: bytes) -> bool:
    """Return whether one of these events says that the kernel watches no more: the directory is deleted."""
    at = 0
    while at < len(data):
        _descriptor, mask, _cookie, length = _EVENT.unpack_from(data, at)
        if mask & _IGNORED:
            return True
        at += _EVENT.size + length
    return False


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
