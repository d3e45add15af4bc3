"""Handles files that others can write: replaces one at once, opens one without a link or a wait."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

#: a link is refused, and a pipe without a writer does not stop the caller; Windows, where the Django app
#: runs too, has neither
_GUARDS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _GUARDS
#: the file is read too, to see whether its last line has an end
_APPEND = os.O_RDWR | os.O_APPEND | _GUARDS


class NotRegularError(OSError):
    """A pipe, a device or a directory stands where a file is expected."""


def replace(
    path: Path, content: bytes, mode: int, *, uid: int = -1, gid: int = -1, is_durable: bool = False
) -> None:
    """Put `content` at `path` in one step; a reader sees the old file or the new one, whole.

    `mode` holds whatever the umask is; -1 leaves the owner as it is. `is_durable` waits for the disk, so that
    a power cut leaves no empty file. OSError leaves the old file, and nothing beside it; it names `path`.
    """
    try:
        _replace(path, content, mode, uid, gid, is_durable)
    except OSError as error:
        # the temporary name is another one each time, and Complaint says a new text anew
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(path: Path, content: bytes, mode: int, uid: int, gid: int, is_durable: bool) -> None:
    # the temporary name ends in .tmp: the collector of node_exporter reads every *.prom of its directory
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            else:
                os.chmod(temporary, mode)
            if (uid, gid) != (-1, -1):
                # never for nothing: the sandbox of connmon and intake kills a process that calls it
                os.fchown(file.fileno(), uid, gid)
            if is_durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def remove_left_over(path: Path) -> None:
    """Remove what a replace() of `path` left beside it when its process was killed."""
    with contextlib.suppress(OSError):
        for temporary in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            temporary.unlink()


def open_to_read(path: Path) -> BinaryIO:
    """Open a regular file; OSError for a link, NotRegularError for a pipe, a device or a directory."""
    descriptor = os.open(path, _READ)
    try:
        _require_regular(path, descriptor)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def open_to_append(path: Path, mode: int) -> int:
    """Return a descriptor whose writes go to the end of `path`; a missing file is created with `mode`.

    A file that root creates gets the owner of its directory: the others that write there are not root, and
    the umask of fail2ban is 077. OSError for a link, NotRegularError for a pipe.
    """
    try:
        descriptor = os.open(path, _APPEND)
    except FileNotFoundError:
        return _create(path, mode)
    try:
        # a terminal or /dev/null is a place to write to, a pipe may have nobody who reads
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise NotRegularError(f"{path} is a pipe")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def ends_a_line(descriptor: int) -> bool:
    """Return whether the file is empty or ends with a line feed; a full disk or a kill leaves half a line."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _create(path: Path, mode: int) -> int:
    try:
        descriptor = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        # another writer was faster
        return os.open(path, _APPEND)
    if os.geteuid() == 0:
        directory = os.stat(path.parent)
        os.fchown(descriptor, directory.st_uid, directory.st_gid)
        os.fchmod(descriptor, mode)
    return descriptor


def _require_regular(path: Path, descriptor: int) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise NotRegularError(f"{path} is no regular file")
