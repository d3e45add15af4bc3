"""The access logs of this host with those that were rotated, the newest first, and how one is read."""

from __future__ import annotations

import contextlib
import glob
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import files
from ideolab_f2b.visitors.unpack import unpack

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
    return sorted(found.values(), key=lambda one: (-one.written, str(one.path)))


def read_pieces(path: Path, most: int) -> Iterator[bytes]:
    """Yield the last `most` bytes of a log, or what the first of one that is packed hold, in pieces.

    A piece may be empty. OSError, EOFError of a file that is cut, zlib.error: what was read before it counts.
    """
    with files.open_to_read(path) as file:
        if path.suffix == ".gz":
            yield from unpack(file, most)
            return
        file.seek(max(0, os.fstat(file.fileno()).st_size - most))
        left = most
        while left > 0:
            piece = file.read(min(_PIECE, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
