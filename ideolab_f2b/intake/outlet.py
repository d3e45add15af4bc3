"""Puts lines down for fail2ban: whole lines by one write, into whatever file has the name now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from ideolab_f2b.intake import escape
from ideolab_f2b.intake.complaint import Complaint

MODE = 0o640


class Outlet:
    """One log file. Rotation needs no signal: the name is looked up before each write."""

    def __init__(self, path: Path, complaint: Complaint) -> None:
        self.path = path
        self._complaint = complaint
        self._file: Optional[int] = None
        self._identity = (0, 0)

    def write(self, texts: Sequence[bytes]) -> int:
        """How many of them are in the file; the others are lost, and that is said."""
        data, subject = escape.block(texts), str(self.path)
        try:
            written = os.write(self._current(), data)
        except OSError as error:
            self._complaint(subject, f"{self.path}: {error.strerror}; lines are lost until it is mended")
            self.close()
            return 0
        if written < len(data):
            self._complaint(subject, f"{self.path}: is the disk full? Lines are lost until there is space")
            # it ends with half a line now, which opening it again will end
            self.close()
            return data.count(b"\n", 0, written)
        self._complaint.settle(subject, f"{self.path}: lines are written again")
        return len(texts)

    def _current(self) -> int:
        """The descriptor of the file that has the name now."""
        if self._file is not None:
            try:
                found = os.stat(self.path)
            except FileNotFoundError:
                self.close()
            else:
                if (found.st_dev, found.st_ino) != self._identity:
                    self.close()
        return self._open() if self._file is None else self._file

    def _open(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
        self._file = file
        found = os.fstat(file)
        self._identity = (found.st_dev, found.st_ino)
        if found.st_size and os.pread(file, 1, found.st_size - 1) != b"\n":
            os.write(file, b"\n")
        return file

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
