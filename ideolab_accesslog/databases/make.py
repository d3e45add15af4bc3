"""Makes the app's own SQLite file, and brings it up to date, whenever `migrate` has migrated the site's."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Optional

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from ideolab_accesslog.databases import own
from ideolab_accesslog.databases.move import move_rows


def follow_migrate(*, using: str, verbosity: int = 1, stdout: Any = None, **_others: Any) -> None:
    """Bring the file to the same migration as the site's, and move rows there; a receiver of post_migrate."""
    file = own.find_file()
    newest = _find_newest_migration() if using == DEFAULT_DB_ALIAS and file is not None else None
    if file is None or newest is None:
        return
    try:
        moved = _bring_up_to_date(file, newest)
    except (DatabaseError, OSError) as error:
        print(f"  {file.path}: {error}; see docs/django.md, SQLite", file=sys.stderr)
        return
    if verbosity and moved is not None:
        print(
            f"  {file.path}: the tables of ideolab_accesslog, {moved} rows moved", file=stdout or sys.stdout
        )


def _find_newest_migration() -> Optional[str]:
    """Return the app's newest migration in the site's database; None without any."""
    applied = MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations()
    return max((name for label, name in applied if label == own.LABEL), default=None)


def _bring_up_to_date(file: own.OwnFile, newest: str) -> Optional[int]:
    """Migrate the file and move the rows of the site's there; return how many, None: nothing was to do."""
    is_new = not own.has_tables(file.path)
    if is_new:
        _make(file, newest)
    else:
        _migrate(newest)
    file.is_made = True
    moved = move_rows()
    return moved if is_new or moved else None


def _make(file: own.OwnFile, newest: str) -> None:
    """Make the file under another name first: processes that start use it as soon as it is there."""
    entry = connections.databases[own.ALIAS]
    unfinished = file.path.with_name(f"{file.path.name}.new")
    _remove(unfinished)
    entry["NAME"] = str(unfinished)
    try:
        _migrate(newest)
    finally:
        connections[own.ALIAS].close()
        entry["NAME"] = str(file.path)
        del connections[own.ALIAS]
    own.copy_owner(unfinished, Path(connections.databases[DEFAULT_DB_ALIAS]["NAME"]))
    os.replace(unfinished, file.path)


def _remove(path: Path) -> None:
    for end in ("", "-journal", "-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)


def _migrate(newest: str) -> None:
    MigrationExecutor(connections[own.ALIAS]).migrate([(own.LABEL, newest)])
