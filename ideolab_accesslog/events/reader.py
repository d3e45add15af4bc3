"""Reads a file of events a batch at a time, and makes rows of its lines. It asks no database."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import BinaryIO, Optional

from ideolab_accesslog.events.file.lines import FileBlock, FileLine, FileRest, read_block
from ideolab_accesslog.events.file.position import TAIL_BYTES, FilePosition, mark, read_tail, take_head
from ideolab_accesslog.events.file.rejects import RejectedLine
from ideolab_accesslog.events.rows.parse import LineError, LinePlace, parse_line
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.events.store import EventBatch

#: seconds after which an unfinished line of a file that was rotated away is not finished any more
UNFINISHED_S = 3.0


class FileReader:
    """Reads an open file from a position on; `is_current`: more comes to its end, and to a line there."""

    def __init__(
        self,
        file: BinaryIO,
        position: int,
        batch: int,
        fit: Callable[[str], str],
        *,
        is_current: bool,
    ) -> None:
        self._file = file
        self._status = os.fstat(file.fileno())
        self._batch = batch
        self._fit = fit
        self._is_current = is_current
        self._first_line = take_head(file)
        self._position = position
        self._tail = read_tail(file, position)
        #: the last line of a file that was rotated away may still be finished
        self.is_unfinished = False

    def read(self) -> Optional[EventBatch]:
        """Return the next batch; None when there is none."""
        block = read_block(self._file, self._position, self._tail, self._batch)
        if block.end == self._position:
            if block.rest is None or self._is_current:
                return None
            if time.time() - self._status.st_mtime < UNFINISHED_S:
                self.is_unfinished = True
                return None
            block = _take_rest(block, block.rest)
            self._file.seek(block.end)
        self._position, self._tail = block.end, block.tail
        return self._make_batch(block, mark(self._status, block.end, self._first_line, block.tail))

    def _make_batch(self, block: FileBlock, after: FilePosition) -> EventBatch:
        batch, now = EventBatch([], [], [], after), datetime.now(timezone.utc)
        for line in block.lines:
            try:
                batch.rows.append(self._parse(line, now))
            except LineError as error:
                batch.rejected.append(RejectedLine(line, str(error)))
            else:
                batch.lines.append(line)
        return batch

    def _parse(self, line: FileLine, now: datetime) -> EventRow:
        position, data, fault = line
        if fault:
            raise LineError(fault)
        return parse_line(data, LinePlace(self._first_line, position), now, self._fit)


def _take_rest(block: FileBlock, rest: FileRest) -> FileBlock:
    """Return the unfinished last line as a line of its own, which nobody will finish."""
    line = FileLine(block.end, rest.data, "nobody has finished the line")
    return FileBlock([line], block.end + rest.size, (block.tail + rest.tail)[-TAIL_BYTES:])
