"""The access logs of this host with those that were rotated, the newest first, and how one is read."""

from __future__ import annotations

import contextlib
import glob
import gzip
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ideolab_f2b import files

#: files that are looked at, at most
FILES = 200
#: bytes that are read at once
_PIECE = 1 << 18


class VisitorLog(NamedTuple):
    """A log, and when it was written last (epoch seconds)."""

    path: Path
    written: float


def find(patterns: Iterable[str], since: float) -> list[VisitorLog]:
    """Return the regular files that match and were written since then, the newest first."""
    found: dict[str, VisitorLog] = {}
    for pattern in patterns:
        for name in glob.iglob(pattern):
            with contextlib.suppress(OSError):
                status = os.stat(name)
                if stat.S_ISREG(status.st_mode) and status.st_mtime >= since:
                    found[name] = VisitorLog(Path(name), status.st_mtime)
    newest = sorted(found.values(), key=lambda one: (-one.written, str(one.path)))
    return newest[:FILES]


def read_pieces(path: Path, most: int) -> Iterator[bytes]:
    """Yield the last `most` bytes of a log, or the first of one that is packed, in pieces.

    OSError, or EOFError of a file that is cut: what was read before it counts.
    """
    with files.open_to_read(path) as file:
        source: IO[bytes] = file
        if path.suffix == ".gz":
            source = gzip.GzipFile(fileobj=file)  # type: ignore[assignment]
        else:
            file.seek(max(0, os.fstat(file.fileno()).st_size - most))
        left = most
        while left > 0:
            piece = source.read(min(_PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
