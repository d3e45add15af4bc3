"""Unpacks gzip files that others write: within a bound of what is read as well as of what comes out.

Python's own GzipFile returns only when it has a byte: zeros behind the end (a sparse file takes no room on a
disk), millions of empty members or a name of gigabytes keep it for hours.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO

#: bytes that are read at once: few, because each member takes a copy of the rest
_PACKED = 1 << 14
#: bytes that come out at once
_PIECE = 1 << 18
#: of zlib: a header and a trailer of gzip, a window of 32 KiB
_GZIP = 31


def unpack(file: IO[bytes], most: int) -> Iterator[bytes]:
    """Yield what the first `most` bytes of a gzip file hold, in pieces; after each read one at least.

    An empty piece lets the caller look at the clock. EOFError of a file that is cut, zlib.error.
    """
    members, left = _Members(), most
    while left > 0:
        packed = file.read(min(_PACKED, left))
        if not packed:
            members.require_end()
            return
        left -= len(packed)
        yield from members.take(packed)


class _Members:
    """A gzip file is one member or several, and may have zeros behind each."""

    def __init__(self) -> None:
        self._open = zlib.decompressobj(_GZIP)
        self._is_between = False

    def take(self, packed: bytes) -> Iterator[bytes]:
        """Yield what comes out, and an empty piece at the end."""
        while packed:
            if self._is_between:
                packed = packed.lstrip(b"\0")
                if not packed:
                    break
                self._open, self._is_between = zlib.decompressobj(_GZIP), False
            piece = self._open.decompress(packed, _PIECE)
            self._is_between = self._open.eof
            packed = self._open.unused_data if self._is_between else self._open.unconsumed_tail
            if piece:
                yield piece
        yield b""

    def require_end(self) -> None:
        """EOFError in the middle of a member."""
        if not self._is_between:
            raise EOFError("the file ends in the middle of what is packed")
