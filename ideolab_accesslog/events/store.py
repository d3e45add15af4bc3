"""Stores a batch: rows, counts and the new position are one transaction."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from django.db import connections, transaction

from ideolab_accesslog import databases
from ideolab_accesslog.events import insert, offsets, rollups
from ideolab_accesslog.events.lines import FileLine
from ideolab_accesslog.events.position import FilePosition
from ideolab_accesslog.events.rejects import RejectedLine, RejectFile
from ideolab_accesslog.events.row import EventRow
from ideolab_accesslog.metrics import totals


class EventBatch(NamedTuple):
    """What a block of lines has become; `lines` has the line of each row by its id."""

    rows: list[EventRow]
    lines: dict[str, FileLine]
    rejected: list[RejectedLine]
    after: FilePosition


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
            offsets.add_rejected(key, len(refused))
        rollups.add(stored, connection)
        rejected = [
            *batch.rejected,
            *(RejectedLine(batch.lines[one.row.event_id], one.why) for one in refused),
        ]
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
