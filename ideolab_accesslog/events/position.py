"""Where the import stands in a file, and how the file is known again after a rotation."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import BinaryIO, NamedTuple

#: bytes of the first line that count
HEAD_BYTES = 4096
#: bytes before the position that count
TAIL_BYTES = 64
#: hexadecimal digits of each of the two digests
_DIGITS = 32


class FilePosition(NamedTuple):
    """The file and the byte that is read next; `head` has the digests of its first line and of its latest."""

    device: int = 0
    inode: int = 0
    position: int = 0
    head: str = ""

    @property
    def first_line(self) -> str:
        """Return the digest of the first line."""
        return self.head[:_DIGITS]


def signed(number: int) -> int:
    """Return a number of 64 bits as a column with a sign holds it: network disks use all of them."""
    return number - 2**64 if number >= 2**63 else number


def take_head(file: BinaryIO) -> str:
    """Return the digest of the first line, "" while there is none."""
    file.seek(0)
    found = file.readline(HEAD_BYTES)
    is_whole = found.endswith(b"\n") or len(found) == HEAD_BYTES
    return _digest(found) if is_whole else ""


def mark(found: os.stat_result, position: int, first_line: str, tail: bytes) -> FilePosition:
    """Return the position behind `tail`, the bytes that were read last."""
    head = first_line + _digest(tail[-TAIL_BYTES:]) if position else ""
    return FilePosition(signed(found.st_dev), signed(found.st_ino), position, head)


def read_tail(file: BinaryIO, position: int) -> bytes:
    """Return the bytes before the position; fewer where the file is shorter. It is at the position then."""
    start = max(0, position - TAIL_BYTES)
    file.seek(start)
    return file.read(position - start)


def is_same(file: BinaryIO, at: FilePosition) -> bool:
    """Return whether the file has the same first line, and the same bytes before the position."""
    if not at.position:
        return False
    first_line = take_head(file)
    return bool(first_line) and first_line + _digest(read_tail(file, at.position)) == at.head


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=_DIGITS // 2).hexdigest()
