"""Imports the new lines of one file: reads a block, makes rows of it, stores them, and so on."""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import BinaryIO, NamedTuple

from ideolab_accesslog.events.lines import FileBlock, FileLine, read_block
from ideolab_accesslog.events.parse import LineError, LinePlace, parse_line
from ideolab_accesslog.events.position import TAIL_BYTES, FilePosition, mark, read_tail, take_head
from ideolab_accesslog.events.rejects import RejectedLine, RejectFile
from ideolab_accesslog.events.row import EventRow
from ideolab_accesslog.events.sources import EventFile, open_file
from ideolab_accesslog.events.store import EventBatch, ImportCounts, store

#: seconds after which an unfinished line of a file that was rotated away is not finished any more
UNFINISHED_S = 3.0


class TurnEnd(enum.Enum):
    """Why a turn has ended."""

    #: all lines of the file are stored
    DONE = enum.auto()
    #: the process ends, or the last line of a file that was rotated away is still being written
    STOP = enum.auto()
    #: another import has moved the position, or the file was rotated away meanwhile
    LOOK_AGAIN = enum.auto()


class TurnLimits(NamedTuple):
    """Lines of one transaction, what makes texts fit the table, and whether the process is to end."""

    batch: int
    fit: Callable[[str], str]
    is_ending: Callable[[], bool]


class FileTurn:
    """The import of one file; `counts` and `at` are what it has stored so far, and where it stands then."""

    def __init__(
        self, source: EventFile, key: int, at: FilePosition, limits: TurnLimits, rejects: RejectFile
    ) -> None:
        self._source = source
        self._key = key
        self.at = at
        self._limits = limits
        self._rejects = rejects
        self.counts = ImportCounts()

    def run(self) -> TurnEnd:
        """Store the file's lines from its position on."""
        with open_file(self._source.path) as file:
            status = os.fstat(file.fileno())
            if (status.st_dev, status.st_ino) != (self._source.status.st_dev, self._source.status.st_ino):
                return TurnEnd.LOOK_AGAIN
            first_line = take_head(file)
            position = self._source.position
            tail = read_tail(file, position)
            if len(tail) < min(position, 1):
                return TurnEnd.LOOK_AGAIN
            return self._run_blocks(file, status, first_line, position, tail)

    def _run_blocks(
        self, file: BinaryIO, status: os.stat_result, first_line: str, position: int, tail: bytes
    ) -> TurnEnd:
        while not self._limits.is_ending():
            block = read_block(file, position, tail, self._limits.batch)
            if block.end == position:
                if not block.rest or self._source.is_current:
                    return TurnEnd.DONE
                if time.time() - status.st_mtime < UNFINISHED_S:
                    return TurnEnd.STOP
                block = _take_rest(block)
            after = mark(status, block.end, first_line, block.tail)
            stored = store(self._key, self.at, self._make_batch(block, after), self._rejects)
            if stored is None:
                return TurnEnd.LOOK_AGAIN
            self.counts, self.at = self.counts.add(stored), after
            position, tail = block.end, block.tail
        return TurnEnd.STOP

    def _make_batch(self, block: FileBlock, after: FilePosition) -> EventBatch:
        batch, now = EventBatch([], {}, [], after), datetime.now(timezone.utc)
        for line in block.lines:
            try:
                row = _parse(line, after.first_line, now, self._limits.fit)
            except LineError as error:
                batch.rejected.append(RejectedLine(line, str(error)))
            else:
                batch.rows.append(row)
                batch.lines.setdefault(row.event_id, line)
        return batch


def _parse(line: FileLine, first_line: str, now: datetime, fit: Callable[[str], str]) -> EventRow:
    if line.fault:
        raise LineError(line.fault)
    return parse_line(line.data, LinePlace(first_line, line.position), now, fit)


def _take_rest(block: FileBlock) -> FileBlock:
    """Return the unfinished last line as a line of its own, which nobody will finish."""
    line = FileLine(block.end, block.rest, "nobody has finished the line")
    return FileBlock([line], block.end + len(block.rest), (block.tail + block.rest)[-TAIL_BYTES:], b"")
