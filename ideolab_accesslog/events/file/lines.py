"""Reads lines from an open file, a block at a time; no line, however long, is held whole."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple, Optional

from ideolab_accesslog.events.file.position import TAIL_BYTES

#: bytes of a line; the longest event has three lines of a log
LINE_MAX = 256 * 1024
#: bytes of the lines of one block
BLOCK_BYTES = 16 * 1024 * 1024
#: bytes that are read of an endless line at a time
_PIECE = 1024 * 1024
_TOO_LONG = f"it has more than {LINE_MAX} bytes"


class FileLine(NamedTuple):
    """One line with its first byte; of one that is no event already here only the beginning, and why."""

    position: int
    data: bytes
    fault: str = ""


class FileRest(NamedTuple):
    """An unfinished last line of a file: its beginning, its bytes, and the latest of them."""

    data: bytes
    size: int
    tail: bytes


class FileBlock(NamedTuple):
    """Lines, the byte behind them, the latest of them, and the unfinished line of the file behind them."""

    lines: list[FileLine]
    end: int
    tail: bytes
    rest: Optional[FileRest] = None


def read_block(file: BinaryIO, position: int, tail: bytes, most: int) -> FileBlock:
    """Return at most so many lines from here on; the file is at `position`, behind `tail`."""
    lines: list[FileLine] = []
    size = 0
    while len(lines) < most and size < BLOCK_BYTES:
        data = file.readline(LINE_MAX)
        length, end = len(data), data
        is_too_long = length == LINE_MAX and data[-1:] != b"\n"
        if is_too_long:
            more, end = _skip_line(file, data)
            length += more
        if end[-1:] != b"\n":
            file.seek(position)
            return FileBlock(lines, position, tail, FileRest(data, length, end) if data else None)
        # a writer that takes lines back leaves line feeds
        if not data.isspace():
            lines.append(FileLine(position, data, _TOO_LONG if is_too_long else ""))
        tail = end[-TAIL_BYTES:] if len(end) >= TAIL_BYTES else (tail + end)[-TAIL_BYTES:]
        position, size = position + length, size + len(data)
    return FileBlock(lines, position, tail)


def _skip_line(file: BinaryIO, start: bytes) -> tuple[int, bytes]:
    """Read to the end of a line; return how many bytes that was, and the latest of them."""
    count, end = 0, start[-_PIECE:]
    while end[-1:] != b"\n":
        piece = file.readline(_PIECE)
        if not piece:
            break
        count, end = count + len(piece), (end + piece)[-_PIECE:]
    return count, end
