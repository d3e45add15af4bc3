"""Stores a batch: rows, counts and the new position are one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Optional

from django.db import connections, transaction

from ideolab_accesslog import databases
from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.file.lines import FileLine
from ideolab_accesslog.events.file.position import FilePosition
from ideolab_accesslog.events.file.rejects import RejectedLine, RejectFile
from ideolab_accesslog.events.rows import insert, rollups
from ideolab_accesslog.events.rows.insert import RefusedRow
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.metrics import totals


class EventBatch(NamedTuple):
    """What a block of lines has become; `lines` has the line of each row."""

    rows: list[EventRow]
    lines: list[FileLine]
    rejected: list[RejectedLine]
    after: FilePosition

    def find_lines(self, refused: Iterable[RefusedRow]) -> Iterator[RejectedLine]:
        """Yield the lines of rows that the table cannot hold."""
        reasons = {one.row.event_id: one.why for one in refused}
        for row, line in zip(self.rows, self.lines) if reasons else ():
            # of equal ids the first one was tried
            why = reasons.pop(row.event_id, None)
            if why is not None:
                yield RejectedLine(line, why)


class ImportCounts(NamedTuple):
    """How many lines became rows, were there already, and are no events; `unkept` of these are in no file."""

    imported: int = 0
    duplicates: int = 0
    rejected: int = 0
    unkept: int = 0

    def add(self, other: ImportCounts) -> ImportCounts:
        """Return the sums."""
        return ImportCounts(*(one + two for one, two in zip(self, other)))


def store(key: int, before: FilePosition, batch: EventBatch, rejects: RejectFile) -> Optional[ImportCounts]:
    """Store a batch; None, and nothing is stored, when another import has moved the position."""
    connection = connections[databases.events()]
    with transaction.atomic(using=connection.alias):
        if not offsets.move(key, before, batch.after, len(batch.rejected)):
            return None
        stored, refused = insert.insert(batch.rows, connection)
        if refused:
            offsets.count_rejects(key, len(refused))
        rollups.add(stored, connection)
        rejected = [*batch.rejected, *batch.find_lines(refused)]
        # before the commit: after a kill between both the lines come again, and are not written again
        is_kept = _keep(rejects, batch, rejected)
        counts = ImportCounts(
            len(stored),
            len(batch.rows) - len(stored) - len(refused),
            len(rejected),
            0 if is_kept else len(rejected),
        )
        _count(counts, connection)
    return counts


def _keep(rejects: RejectFile, batch: EventBatch, rejected: list[RejectedLine]) -> bool:
    try:
        rejects.append(batch.after.first_line, sorted(rejected, key=lambda one: one.line.position))
    except OSError:
        return False
    return True


def _count(counts: ImportCounts, connection: Any) -> None:
    """Add to the totals of accesslog_metrics, where the same transaction can."""
    if databases.totals() != connection.alias:
        return
    words = {"imported": counts.imported, "duplicate": counts.duplicates, "rejected": counts.rejected}
    totals.add({("events_total", f'result="{word}"'): count for word, count in words.items()})
