"""The lines of a source, each bounded: one that never ends takes neither the memory nor the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ideolab_f2b.asn.sources.refusals import Refusals
from ideolab_f2b.origin import field

#: bytes of a line of a table; those of vendors have 200
MOST = 8192
_MARK = b"\xef\xbb\xbf"


def read(file: BinaryIO, refusals: Refusals, most: int = MOST) -> Iterator[str]:
    """Yield the lines without their ends; a longer one is refused as a whole."""
    readline = file.readline
    begin = readline(most + 1)
    line = begin[len(_MARK) :] if begin.startswith(_MARK) else begin
    while line:
        if len(line) > most and not line.endswith(b"\n"):
            refusals.add(f"a line of more than {most} bytes", field.decode(line[:most]))
            _skip(file, most)
        else:
            yield field.decode(line).rstrip("\r\n")
        line = readline(most + 1)


def _skip(file: BinaryIO, most: int) -> None:
    """Read on to the end of the line."""
    while (rest := file.readline(most)) and not rest.endswith(b"\n"):
        pass
