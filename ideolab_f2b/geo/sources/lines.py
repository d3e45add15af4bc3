"""Lines of a text file in blocks, which is quick, and bounded in memory whatever the file is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from ideolab_f2b.ranges.refused_rows import RefusedRows

#: bytes that are read at once
_BLOCK = 1 << 20
#: bytes of the longest line that is one; rows of the vendors have 60 to 200
MAX_LINE = 4096
#: bytes of a file; the largest of today have 60 MB
MAX_SIZE = 1 << 30
_LONG = f"a line longer than {MAX_LINE} bytes"


def read_lines(path: Path, refusals: RefusedRows) -> Iterator[list[str]]:
    """Yield lists of lines, without their line feeds; one that is too long is refused.

    CountrySourceError for a file that is too large, OSError.
    """
    rest, is_inside, size = "", False, 0
    with files.open_where_it_leads(path) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > MAX_SIZE:
                raise CountrySourceError(
                    f"{path}: larger than {MAX_SIZE >> 20} MB, which no file of countries is"
                )
            text = block.decode("latin-1")
            if is_inside:
                _long, feed, text = text.partition("\n")
                is_inside = not feed
            *lines, rest = (rest + text).split("\n")
            if len(rest) > MAX_LINE:
                refusals.add(_LONG, rest)
                rest, is_inside = "", True
            yield _take(lines, refusals)
    yield _take([rest] if rest else [], refusals)


def _take(lines: list[str], refusals: RefusedRows) -> list[str]:
    if max(map(len, lines), default=0) <= MAX_LINE:
        return lines
    for line in lines:
        if len(line) > MAX_LINE:
            refusals.add(_LONG, line)
    return [line for line in lines if len(line) <= MAX_LINE]
