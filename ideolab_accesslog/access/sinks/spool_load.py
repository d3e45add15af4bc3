"""Loads spool files into the database, each exactly once: its rows and its name are one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.conf import conf
from ideolab_accesslog.models import AccessLog, LoadedSpool

# json.dumps would make an encoder each time; a user's key may be a UUID
_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def format_row(row: Row) -> bytes:
    """Return the line of one row, as `parse_row` reads it."""
    return (_encode(row) + "\n").encode("ascii")


def parse_row(text: bytes) -> Optional[Row]:
    """Return the row of one line; None for what is no row (a disk that was full, a foreign file)."""
    try:
        values = json.loads(text)
        if not isinstance(values, list) or len(values) != len(FIELDS):
            return None
        user = AccessLog._meta.get_field("user").target_field
        values[3] = user.to_python(values[3])
        return (float(values[0]), *values[1:])
    except (ValueError, TypeError, ValidationError, RecursionError):
        return None


def load(path: Path) -> int:
    """Store the file's rows, remove the file and return how many rows; 0 when another process has done so."""
    using = conf.ACCESSLOG_DATABASE
    loaded = LoadedSpool.objects.using(using)
    try:
        with transaction.atomic(using=using):
            with transaction.atomic(using=using):
                loaded.create(name=path.name)
            # read only now: whoever removed the name had removed the file before
            count = sum(insert(batch) for batch in _batches(path, int(conf.ACCESSLOG_BATCH)))
    except FileNotFoundError:
        return 0
    except IntegrityError:
        # a crash between the commit and the removal
        count = 0
    path.unlink(missing_ok=True)
    loaded.filter(name=path.name).delete()
    return count


def _batches(path: Path, size: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    with path.open("rb") as lines:
        for text in lines:
            row = parse_row(text)
            if row is None:
                row_counter.add_dropped_rows(1, "an unreadable line in the spool")
                continue
            batch.append(row)
            if len(batch) >= size:
                yield batch
                batch = []
    if batch:
        yield batch
