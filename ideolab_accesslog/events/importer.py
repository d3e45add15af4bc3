"""Imports what is new in connmon_events.jsonl, batch after batch, each line once."""

from __future__ import annotations

import errno
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

from django.db import connections

from ideolab_accesslog import databases
from ideolab_accesslog.databases.text import make_fit
from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.file.rejects import RejectFile
from ideolab_accesslog.events.file.sources import ZIP_ERRORS, count_behind, list_sources
from ideolab_accesslog.events.offsets import StoredOffset
from ideolab_accesslog.events.store import ImportCounts
from ideolab_accesslog.events.turn import FileTurn, TurnEnd, TurnLimits
from ideolab_accesslog.models import ConnmonEvent

#: lines of one transaction, about a second: SQLite writes nearly all pages of an index for each
BATCH = 30_000
#: KiB of SQLite's cache: ids and addresses come in no order, and their indexes have 90 MB at a million rows
_SQLITE_CACHE_KB = 131_072


class Importer:
    """Imports one file; `say` takes what an administrator has to know, `is_ending` ends it after a batch."""

    def __init__(
        self,
        path: Path,
        rejects: RejectFile,
        say: Callable[[str], None],
        batch: int = BATCH,
        is_ending: Callable[[], bool] = lambda: False,
    ) -> None:
        self._path = path
        self._rejects = rejects
        self._say = say
        fit = make_fit(databases.events(), ConnmonEvent)
        self._limits = TurnLimits(batch, fit, is_ending)

    def run(self) -> ImportCounts:
        """Import all that is there; OSError when the file cannot be read, or an error of the database."""
        self._prepare()
        counts = ImportCounts()
        with _collect_no_garbage():
            while True:
                more, is_done = self._run_from(offsets.load(self._path))
                counts = counts.add(more)
                if is_done:
                    return counts

    def _prepare(self) -> None:
        connection = connections[databases.events()]
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA cache_size = -{_SQLITE_CACHE_KB}")
        # asks the database what the table holds: the thread that reads has no connection
        self._limits.fit("\N{REPLACEMENT CHARACTER}")

    def count_behind(self) -> Optional[int]:
        """Return the bytes that are not imported yet; None where they cannot be seen."""
        offset = offsets.find(self._path)
        return None if offset is None else count_behind(self._path, offset.at, offset.read_at)

    def _run_from(self, offset: StoredOffset) -> tuple[ImportCounts, bool]:
        """Import from a stored position; False: files or position have changed meanwhile, look again."""
        sources, is_found = list_sources(self._path, offset.at, offset.read_at)
        if not sources:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._path))
        if not is_found:
            self._say(
                f"{self._path}: the file in which the last import stopped is gone, lines may be missing"
            )
        counts, at = ImportCounts(), offset.at
        for source in sources:
            turn = FileTurn(source, offset.key, at, self._limits, self._rejects)
            try:
                end = turn.run()
            except (OSError, *ZIP_ERRORS) as error:
                if source.is_current:
                    raise
                self._say(f"{source.path}: {error}; its lines are left out")
                end = TurnEnd.DONE
            counts, at = counts.add(turn.counts), turn.at
            if end is not TurnEnd.DONE:
                return counts, end is not TurnEnd.LOOK_AGAIN
        return counts, True


@contextmanager
def _collect_no_garbage() -> Iterator[None]:
    """Stop Python's search for cycles, which takes a quarter of the time: an import makes none."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()
