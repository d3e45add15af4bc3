"""Writes the log file that fail2ban reads: whole lines by one write; after a rotation, into the new file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from ideolab_f2b import files
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake import escape

#: of a new file: the group may read it, others may not; fail2ban is root
MODE = 0o640
#: seconds; the kernel holds 512 datagrams meanwhile
ROTATION_S = 0.2


class LogFile:
    """One log file. Rotation needs no signal: the name is looked up before each write."""

    def __init__(self, path: Path, complaint: Complaint) -> None:
        self.path = path
        self._complaint = complaint
        #: bytes in the log since the start
        self.bytes_written = 0
        self._file: Optional[int] = None
        #: device and inode of the open file
        self._identity = (0, 0)

    def write(self, texts: Sequence[bytes]) -> int:
        """Append one line for each text; return how many of them are in the file.

        The others are lost, and stderr says so; OSError is never raised.
        """
        data, subject = escape.join_lines(texts), str(self.path)
        try:
            written = self._write(data)
        except OSError as error:
            self._complaint.say(
                f"{self.path}: {error.strerror}; lines are lost until this is corrected", subject
            )
            self.close()
            return 0
        self.bytes_written += written
        if written < len(data):
            text = f"{self.path}: not all was written; is the disk full? Lines are lost until there is space"
            self._complaint.say(text, subject)
            # the file ends with half a line now; opening it again adds the line feed
            self.close()
            return data.count(b"\n", 0, written)
        self._complaint.settle(subject, f"{self.path}: lines are written again")
        return len(texts)

    def _write(self, data: bytes) -> int:
        """Return how many bytes are in the file that has the name, also after the write."""
        file = self._current()
        written = os.write(file, data)
        for _turn in range(files.TURNS):
            if written < len(data) or files.has_name(file, self.path):
                break
            # renamed before the write, or right after it: fail2ban reads on in the new file only
            overtaken, self._file = file, None
            try:
                file = self._open()
                written = os.write(file, data)
                if written == len(data):
                    files.take_back(overtaken, data)
            finally:
                os.close(overtaken)
        return written

    def _current(self) -> int:
        """Return the descriptor of the file that has the name now."""
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
        # not files.open_to_append(): an admin may have linked the log to another disk, and nobody but the
        # intake's own user and root can put a link into its directory
        flags = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        try:
            file = os.open(self.path, flags)
        except FileNotFoundError:
            created = 0 if files.await_rotation(self.path, ROTATION_S) else os.O_CREAT
            file = os.open(self.path, flags | created, MODE)
        self._file = file
        found = os.fstat(file)
        self._identity = (found.st_dev, found.st_ino)
        if not files.ends_a_line(file):
            os.write(file, b"\n")
        return file

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
