"""The file of what was lifted in one jail: a line for each lift, so that a crash forgets none.

It is added to, never changed in place, and written anew when most of it is over. Its lines have the grammar
of our logs: `2026-11-22T14:52:01.250+0000 jail: lifted 198.51.100.7 what=ban`, and `lifted all what=ban`.
"""

from __future__ import annotations

import contextlib
import math
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Optional
from urllib.parse import quote

from ideolab_f2b import files, logline
from ideolab_f2b.actions.ban.lifted.lifts import LIMIT
from ideolab_f2b.actions.protected.never_ban import NotRootsError

#: lines after which the file is written anew
LINES = 3 * LIMIT
#: bytes that are read, from the end: LINES lines are less
SIZE_LIMIT = 8 << 20
_PROGRAM = "jail"
_KIND = "lifted"
_MODE = 0o600
#: the last word: half a line must not name half an address
_END = {"what": "ban"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
Row = tuple[str, float]


class LiftFile:
    """The file of one jail in the directory of state, which it does not make."""

    def __init__(self, directory: Path, jail: str) -> None:
        self.path = directory / f"lifted-{quote(jail, safe='')}"
        self.lines = 0
        #: from the first line of a call to its sync()
        self._opened: Optional[int] = None

    @property
    def is_open(self) -> bool:
        """Whether lines were written since the last sync()."""
        return self._opened is not None

    def read(self) -> list[Row]:
        """Return what was written; half a line of a power cut is left out. OSError: it is not read."""
        try:
            self._require_roots(self.path.parent, self.path.parent.stat())
            with files.open_to_read(self.path) as file:
                self._require_roots(self.path, os.fstat(file.fileno()))
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - SIZE_LIMIT))
                texts = file.read(SIZE_LIMIT).decode("ascii", "replace").splitlines()
        except FileNotFoundError:
            return []
        self.lines = len(texts)
        return [row for text in texts for row in _parse(text)]

    def add(self, identity: str, at: float) -> None:
        """Write a line; it outlives a kill from now on, and a power cut after sync()."""
        if self._opened is None:
            self._open()
        data = f"{_format(identity, at)}\n".encode("ascii")
        if os.write(self._opened or 0, data) != len(data):
            raise OSError(f"{self.path}: half a line was written; is the disk full?")
        self.lines += 1

    def _open(self) -> None:
        self._require_roots(self.path.parent, self.path.parent.stat())
        self._opened = files.open_to_append(self.path, _MODE)
        # half a line of a crash must not swallow the next
        if not files.ends_a_line(self._opened):
            os.write(self._opened, b"\n")

    def sync(self) -> None:
        """Wait until the disk has what was written, and the name of the file."""
        opened, self._opened = self._opened, None
        if opened is None:
            return
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def replace(self, rows: list[Row]) -> None:
        """Write the file anew in one step, with these lines; OSError leaves the old one."""
        self._require_roots(self.path.parent, self.path.parent.stat())
        text = "".join(f"{_format(*row)}\n" for row in rows)
        files.replace(self.path, text.encode("ascii"), _MODE, is_durable=True)
        self.lines = len(rows)

    @staticmethod
    def _require_roots(path: Path, found: os.stat_result) -> None:
        if not files.is_written_by(found, os.geteuid()):
            raise NotRootsError(f"{path} is not used: others than root can write it")


def _format(identity: str, at: float) -> str:
    # rounded up: what was banned in that millisecond was lifted in it
    when = _EPOCH + timedelta(milliseconds=math.ceil(round(at * 1000, 2)))
    return logline.format_line(when, _PROGRAM, _KIND, identity, _END)


def _parse(text: str) -> list[Row]:
    with contextlib.suppress(ValueError, OverflowError):
        line = logline.read_line(text)
        if line is None or line.when is None:
            return []
        if (line.program, line.kind, line.plain) == (_PROGRAM, _KIND, _END):
            return [(line.address, line.when)]
    return []
