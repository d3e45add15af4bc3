"""The log of events with all that was rotated, the newest line first as far as that goes, within bounds.

The log belongs to the user of connmon, and root reads it: no link is followed, and a packed file that never
ends has an end here.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from ideolab_f2b import files
from ideolab_f2b.visitors.unpack import unpack

#: bytes that are read of all files together, after unpacking: some hundred thousand events
BYTES = 128 << 20
#: files of one log, the newest first: logrotate keeps 14
FILES = 60
#: bytes of the longest line; a longer one is none of ours
LINE_BYTES = 1 << 16
_PIECE_BYTES = 1 << 18


class EventFiles:
    """Reads the lines; afterwards `read` has the files, and `unread` why something was left out."""

    def __init__(self, path: Path, since: float, most_bytes: int = BYTES) -> None:
        """`since`: files that were not written after it (epoch seconds) are not opened."""
        self._path, self._since, self._left = path, since, most_bytes
        self.read: list[Path] = []
        self.unread: list[str] = []

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of the newest file first."""
        for path in self._list():
            if self._left <= 0:
                self.unread.append(f"{path}: there are more bytes of events than are read at once")
                continue
            try:
                yield from self._lines(path)
            except (OSError, EOFError, zlib.error) as error:
                self.unread.append(f"{path}: {error}")

    def _list(self) -> list[Path]:
        found = []
        for path in self._path.parent.glob(f"{self._path.name}*"):
            ending = path.name[len(self._path.name) :]
            if ending and not ending.startswith((".", "-")):
                continue
            try:
                written = path.lstat().st_mtime
            except OSError as error:
                self.unread.append(f"{path}: {error}")
                continue
            if written >= self._since:
                found.append((written, path))
        newest = [path for _written, path in sorted(found, reverse=True)]
        self.unread += [f"{path}: there are more than {FILES} files" for path in newest[FILES:]]
        return newest[:FILES]

    def _lines(self, path: Path) -> Iterator[bytes]:
        with files.open_to_read(path) as file:
            size, left = os.fstat(file.fileno()).st_size, self._left
            is_packed = path.suffix == ".gz"
            if size > left and not is_packed:
                file.seek(size - left)
            pieces = unpack(file, left) if is_packed else _read(file)
            self.read.append(path)
            yield from _split(self._bound(pieces))
            if size > left or (self._left <= 0 and any(pieces)):
                self.unread.append(f"{path}: only {left} bytes of it were read")
            if is_packed:
                # what unpacks to nothing takes its time too
                self._left -= size

    def _bound(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if piece:
                yield piece[: self._left]
            self._left -= len(piece)
            if self._left <= 0:
                return


def _read(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(_PIECE_BYTES), b"")


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        # what is cut is no event any more
        rest = rest[: LINE_BYTES + 1]
        yield from (line for line in lines if len(line) <= LINE_BYTES)
    if rest:
        yield rest
