"""Copies a fail2ban configuration: the contents of its files, and no link that leads out of the copy."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ideolab_f2b.files import MAX_READ
from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.places import FAIL2BAN

#: bytes of one file: a configuration is far smaller, and /dev/zero has no end
MAX_FILE = MAX_READ
#: files, and bytes of all of them: somewhere a link may lead to the whole disk
MAX_FILES = 20_000
MAX_BYTES = 128 << 20
#: what fail2ban opens without being asked for it by name
_READ = (".conf", ".local", ".py")


@contextlib.contextmanager
def copy_configuration(etc: Path = FAIL2BAN) -> Iterator[Path]:
    """Make a directory with a copy of the configuration in `config`, and remove it at the end.

    TrialError for what fail2ban could not read either, such as a pipe that is called jail.local.
    """
    with tempfile.TemporaryDirectory(prefix="ideolab-f2b-trial-") as name:
        directory = Path(name)
        Copier().copy(etc, directory / "config")
        yield directory


class Copier:
    """Copies directories and files, whatever links lead to them, and counts what it has copied."""

    def __init__(self) -> None:
        self._files = 0
        self._bytes = 0

    def copy(self, source: Path, target: Path, above: tuple[tuple[int, int], ...] = ()) -> None:
        """Copy a directory; `above` are those that it stands in, to which a link may lead back."""
        found = source.stat()
        inode = (found.st_dev, found.st_ino)
        if inode in above:
            return
        target.mkdir()
        for name in sorted(os.listdir(source)):
            self._copy_entry(source / name, target / name, (*above, inode))

    def _copy_entry(self, source: Path, target: Path, above: tuple[tuple[int, int], ...]) -> None:
        try:
            mode = source.stat().st_mode
        except OSError:
            # a link that leads nowhere: fail2ban does not read it either
            return
        if stat.S_ISDIR(mode):
            self.copy(source, target, above)
        elif stat.S_ISREG(mode):
            self._copy_file(source, target)
        elif target.suffix in _READ:
            raise TrialError(f"{source} is a pipe or a device, on which fail2ban would wait: remove it")

    def _copy_file(self, source: Path, target: Path) -> None:
        # what a file is can change after it was looked at; a pipe is not waited for
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE and target.suffix not in _READ:
            return
        self._count(source, len(content))
        target.write_bytes(content)
        # scripts of the admin stay programs
        target.chmod(stat.S_IMODE(mode) & 0o755 | 0o600)

    def _count(self, source: Path, size: int) -> None:
        self._files += 1
        self._bytes += size
        if size > MAX_FILE:
            raise TrialError(f"{source} is larger than {MAX_FILE >> 20} MB: no configuration of fail2ban is")
        if self._files > MAX_FILES or self._bytes > MAX_BYTES:
            raise TrialError(
                f"there is too much to copy for a trial, at {source}: does a link lead out of {FAIL2BAN}?"
            )
