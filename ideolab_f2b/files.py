"""Handles files that others can write: replaces one at once, opens one without a link or a wait."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Optional

if sys.platform != "win32":
    import fcntl

#: a link is refused, and a pipe without a writer does not stop the caller; Windows, where the Django app
#: runs too, has neither
_GUARDS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _GUARDS
#: the file is read too, to see whether its last line has an end
_APPEND = os.O_RDWR | os.O_APPEND | _GUARDS
#: links on the way to one file; as many as Linux follows
_MAX_LINKS = 40
#: bytes of a file that is read as a whole
MAX_READ = 16 << 20


#: seconds that a missing file is waited for while it is being rotated: who may not create it has no other way
ROTATION_S = 2.0
#: seconds since a rename in which the new file may not be there yet
_JUST_RENAMED_S = 5.0
_LOOK_AGAIN_S = 0.001
#: how often a file is opened, or a line written, anew because of a rotation: there is none each millisecond
TURNS = 8


class NotRegularError(OSError):
    """A pipe, a device or a directory stands where a file is expected."""


class UnsafePathError(OSError):
    """A link on the way to a file leads in a circle, or others than root can change where it leads."""


def replace(
    path: Path,
    content: bytes,
    mode: int,
    *,
    uid: int = -1,
    gid: int = -1,
    is_durable: bool = False,
    like: Optional[Path] = None,
) -> None:
    """Put `content` at `path` in one step; a reader sees the old file or the new one, whole.

    A link at `path` gives way to the file; its target stays as it is. `mode` holds whatever the umask is; -1
    leaves the owner as it is. `is_durable` waits for the disk, so that a power cut leaves no empty file. The
    extended attributes (access list, security label) are those of `like`.
    OSError leaves the old file, and nothing beside it; it names `path`.
    """
    try:
        _replace(path, content, mode, uid, gid, is_durable, like)
    except OSError as error:
        # the temporary name is another one each time, and Complaint says a new text anew
        raise OSError(error.errno, error.strerror, str(path)) from error


def _replace(
    path: Path, content: bytes, mode: int, uid: int, gid: int, is_durable: bool, like: Optional[Path]
) -> None:
    _require_own_link(path.parent)
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
            if like is not None:
                # without its access list a mode would give the group what the list gives one user
                for name in os.listxattr(like):
                    os.setxattr(file.fileno(), name, os.getxattr(like, name))
            if is_durable:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _require_own_link(directory: Path) -> None:
    """Raise UnsafePathError where root would write into a directory that another user's link chooses."""
    found = directory.lstat()
    # in this order: the sandbox of connmon and intake may know no geteuid
    if stat.S_ISLNK(found.st_mode) and found.st_uid != 0 and os.geteuid() == 0:
        raise UnsafePathError(errno.ELOOP, "the directory is a link of another user's", str(directory))


def follow(path: Path, root: Path = Path("/"), *, has_last: bool = False) -> Path:
    """Return where `path` leads, as if `root` were the root.

    Links above it are followed, and with `has_last` the last one too; what does not exist leads to itself.
    UnsafePathError for a circle, and for a link that others than root and the caller could change meanwhile.
    """
    here, rest, links = root, list(path.relative_to(root).parts)[::-1], 0
    while rest:
        name = rest.pop()
        if name == "..":
            here = here if here == root else here.parent
            continue
        step = here / name
        if not step.is_symlink() or not (rest or has_last):
            here = step
            continue
        _require_safe(path, (here, step), root)
        target, links = PurePosixPath(os.readlink(step)), links + 1
        if links > _MAX_LINKS:
            raise UnsafePathError(f"{path} leads in a circle of links: remove the link")
        here = root if target.is_absolute() else here
        rest.extend(reversed([part for part in target.parts if part != "/"]))
    return here


def follow_to_own(path: Path, root: Path = Path("/"), *, has_last: bool = False) -> Path:
    """Return where `path` leads; UnsafePathError where a link leads to what others than root can write."""
    place = follow(path, root, has_last=has_last)
    if place != path:
        above = [one for one in place.parents if one != root and root in one.parents]
        _require_safe(path, [*above, *([place] if has_last else [])], root)
    return place


def _require_safe(path: Path, places: Iterable[Path], root: Path) -> None:
    owners, groups = {0, os.geteuid()}, {0, os.getegid()}
    with contextlib.suppress(FileNotFoundError):
        # who made a staging directory may do in it what he likes
        owners.add(root.stat().st_uid)
    for place in places:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found = place.lstat()
            writers = 0 if stat.S_ISLNK(found.st_mode) else found.st_mode
            is_shared = writers & 0o002 or (writers & 0o020 and found.st_gid not in groups)
            if found.st_uid not in owners or is_shared:
                raise UnsafePathError(
                    f"a link is on the way to {path}, and others than root can write {place}: let the link"
                    " lead to where only root can write, or put a file or directory of root's in its place"
                )


def read(path: Path) -> bytes:
    """Return the content of a regular file, whatever links lead to it.

    NotRegularError for a pipe or a device, which is not waited for; OSError for more than MAX_READ bytes.
    """
    with open_where_it_leads(path) as file:
        content = file.read(MAX_READ + 1)
    if len(content) > MAX_READ:
        raise OSError(errno.EFBIG, f"larger than {MAX_READ >> 20} MB", str(path))
    return content


def open_where_it_leads(path: Path) -> BinaryIO:
    """Open a regular file, whatever links lead to it; NotRegularError for what is none, without a wait."""
    return _open_regular(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def remove_left_over(path: Path) -> None:
    """Remove what a replace() of `path` left beside it when its process was killed."""
    with contextlib.suppress(OSError):
        for temporary in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            temporary.unlink()


def open_to_read(path: Path) -> BinaryIO:
    """Open a regular file; OSError for a link, NotRegularError for a pipe, a device or a directory."""
    return _open_regular(path, _READ)


def _open_regular(path: Path, flags: int) -> BinaryIO:
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRegularError(f"{path} is no regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def open_to_append(path: Path, mode: int) -> int:
    """Return a descriptor whose writes go to the end of `path`; a missing file is created with `mode`.

    A file that root creates gets the owner of its directory: the others that write there are not root, and
    the umask of fail2ban is 077. OSError for a link, NotRegularError for a pipe.
    """
    for _turn in range(TURNS):
        with contextlib.suppress(FileNotFoundError):
            return _open_existing(path)
        if not await_rotation(path):
            # another writer may be faster, and a rotation to rename that file
            with contextlib.suppress(FileExistsError):
                return create(path, mode)
    return _open_existing(path)


def await_rotation(path: Path, patience_s: float = ROTATION_S) -> bool:
    """Wait for a missing file that was renamed a moment ago; return whether it is there again.

    logrotate renames a log and then creates the new one. A writer that created it in between would have its
    lines in a file that logrotate moves away again, and one that may not create it would lose them.
    """
    deadline = time.monotonic() + patience_s
    while not (is_there := os.path.lexists(path)):
        if time.monotonic() > deadline or not _is_rotating(path):
            break
        time.sleep(_LOOK_AGAIN_S)
    return is_there


def _is_rotating(path: Path) -> bool:
    since = time.time() - _JUST_RENAMED_S
    try:
        names = os.listdir(path.parent)
    except OSError:
        return False
    # a rename changes the file's ctime
    return any(_ctime(path.parent / name) > since for name in names if name.startswith(path.name))


def _ctime(path: Path) -> float:
    try:
        return path.lstat().st_ctime
    except FileNotFoundError:
        # the next name of a rotation that goes on
        return time.time()
    except OSError:
        return 0.0


def has_name(descriptor: int, path: Path) -> bool:
    """Return whether `path` leads to this open file; a reader that looks for the name finds what is in it."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        # what cannot be seen is no reason to write twice
        return True
    return os.path.samestat(found, os.fstat(descriptor))


def take_back(descriptor: int, data: bytes) -> None:
    """Replace the data that this descriptor has just appended by line feeds, where that is possible.

    For lines that stand in the new log too: they must not be read twice.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        start = os.lseek(descriptor, 0, os.SEEK_CUR) - len(data)
        if start >= 0 and os.pread(descriptor, len(data), start) == data:
            # with O_APPEND even pwrite() would write at the end
            flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
            fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_APPEND)
            os.pwrite(descriptor, b"\n" * len(data), start)


def _open_existing(path: Path) -> int:
    descriptor = os.open(path, _APPEND)
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


def is_written_by(found: os.stat_result, uid: int) -> bool:
    """Return whether this user owns a file, or a directory, and nobody but he and root can write it."""
    return found.st_uid == uid and not found.st_mode & 0o022


def create(path: Path, mode: int) -> int:
    """Return a descriptor of a new file, as open_to_append does; FileExistsError when there is one.

    For who rotates a file himself: everybody who appends to it would wait for the one that is missing.
    """
    descriptor = os.open(path, _APPEND | os.O_CREAT | os.O_EXCL, mode)
    if os.geteuid() == 0:
        directory = os.stat(path.parent)
        os.fchown(descriptor, directory.st_uid, directory.st_gid)
        os.fchmod(descriptor, mode)
    return descriptor
