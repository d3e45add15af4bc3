"""Imports the new lines of one file: reads a batch, stores it, and so on."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ideolab_accesslog.events.file.position import FilePosition
from ideolab_accesslog.events.file.rejects import RejectFile
from ideolab_accesslog.events.file.sources import EventFile, open_file
from ideolab_accesslog.events.reader import FileReader
from ideolab_accesslog.events.store import ImportCounts, store


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
        source = self._source
        with open_file(source.path) as file:
            if not os.path.samestat(os.fstat(file.fileno()), source.status):
                return TurnEnd.LOOK_AGAIN
            reader = FileReader(
                file, source.position, self._limits.batch, self._limits.fit, is_current=source.is_current
            )
            with ThreadPoolExecutor(1, "ideolab-events") as thread:
                return self._run_batches(thread, reader)

    def _run_batches(self, thread: ThreadPoolExecutor, reader: FileReader) -> TurnEnd:
        """Store batch after batch; while the database stores one, the thread reads the next."""
        coming = thread.submit(reader.read)
        while not self._limits.is_ending():
            batch = coming.result()
            if batch is None:
                return TurnEnd.STOP if reader.is_unfinished else TurnEnd.DONE
            coming = thread.submit(reader.read)
            stored = store(self._key, self.at, batch, self._rejects)
            if stored is None:
                return TurnEnd.LOOK_AGAIN
            self.counts, self.at = self.counts.add(stored), batch.after
        return TurnEnd.STOP
