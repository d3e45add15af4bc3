"""How far a file is imported: one row for each path, moved in the transaction of the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Optional

from django.db.models import F
from django.utils import timezone

from ideolab_accesslog import databases
from ideolab_accesslog.events.position import FilePosition
from ideolab_accesslog.models import EventOffset

#: characters of a path
PATH_MAX = 255


class StoredOffset(NamedTuple):
    """The row of a path; `read_at` in seconds, 0 = nothing is read yet."""

    key: int
    at: FilePosition
    read_at: float


def load(path: Path) -> StoredOffset:
    """Return how far a file is read; a new one gets its row."""
    row, _is_new = _rows().get_or_create(path=str(path))
    return _make(row)


def find(path: Path) -> Optional[StoredOffset]:
    """Return how far a file is read; None when it never was."""
    row = _rows().filter(path=str(path)).first()
    return None if row is None else _make(row)


def move(key: int, before: FilePosition, after: FilePosition, rejected: int) -> bool:
    """Set the position, and hold the row until the transaction ends; False: another import has moved it.

    As the first statement of a transaction it makes other imports wait, on SQLite too.
    """
    rows = _rows().filter(pk=key, **before._asdict())
    moved = rows.update(**after._asdict(), rejected=F("rejected") + rejected, updated_at=timezone.now())
    return bool(moved)


def add_rejected(key: int, count: int) -> None:
    """Count further rejected lines."""
    _rows().filter(pk=key).update(rejected=F("rejected") + count)


def _rows() -> Any:
    return EventOffset.objects.using(databases.events())


def _make(row: EventOffset) -> StoredOffset:
    at = FilePosition(row.device, row.inode, row.position, row.head)
    return StoredOffset(row.pk, at, row.updated_at.timestamp() if at.head else 0.0)
