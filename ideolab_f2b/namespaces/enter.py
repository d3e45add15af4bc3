"""Goes into a network namespace for the time of one look, and home again (setns(2))."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import struct
from collections.abc import Iterator
from typing import Callable, NamedTuple

#: linux/sched.h
_NEWNET = 0x40000000
#: bits of CAP_SYS_PTRACE and CAP_SYS_ADMIN: to find the namespaces, and to enter them
_NEEDED = 1 << 19 | 1 << 21
#: linux/nsfs.h: a descriptor of the user namespace that a namespace belongs to; who has made that one
_GET_OWNER, _GET_OWNER_UID = 0xB701, 0xB704
_UID = struct.Struct("=I")
_libc = ctypes.CDLL(None, use_errno=True)


class LostError(Exception):
    """The way home failed: the process is in a foreign namespace and must end."""


def is_able() -> bool:
    """Return whether this process may find and enter namespaces of others; without it, it sees none."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/status", errors="replace") as file:
        found = [int(line.split()[1], 16) for line in file if line.startswith("CapEff:")]
        return bool(found) and found[0] & _NEEDED == _NEEDED
    return False


def set_namespace(fd: int) -> None:
    """Move this thread into the network namespace of the descriptor; os.setns is Python 3.12's."""
    if _libc.setns(fd, _NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, f"setns: {os.strerror(code)}")


class UserNamespace(NamedTuple):
    """What a network namespace belongs to: its inode, and the user who has made it."""

    inode: int
    uid: int


def find_owner(fd: int) -> UserNamespace:
    """Return the user namespace that a network namespace belongs to."""
    owner = fcntl.ioctl(fd, _GET_OWNER)
    try:
        (uid,) = _UID.unpack(fcntl.ioctl(owner, _GET_OWNER_UID, bytes(_UID.size)))
        return UserNamespace(os.fstat(owner).st_ino, uid)
    finally:
        os.close(owner)


class Home:
    """The network namespace in which this process has begun."""

    def __init__(self, move: Callable[[int], None] = set_namespace) -> None:
        self._move = move
        self._fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.netns = os.fstat(self._fd).st_ino
        self.owner = os.stat("/proc/self/ns/user").st_ino

    @contextlib.contextmanager
    def leave(self, fd: int) -> Iterator[None]:
        """Be in the namespace of the descriptor during the block; LostError when there is no way back."""
        self._move(fd)
        try:
            yield
        finally:
            try:
                self._move(self._fd)
            except OSError as error:
                raise LostError(f"cannot leave a foreign network namespace: {error}") from error

    def close(self) -> None:
        """Close the descriptor of the way home."""
        os.close(self._fd)
