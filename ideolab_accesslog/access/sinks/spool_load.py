"""Loads spool files into the database, each exactly once: its rows and its name are one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Callable, Optional

from django.db import DataError, IntegrityError, connections, transaction

from ideolab_accesslog import databases
from ideolab_accesslog.access import copy
from ideolab_accesslog.access.copy_line import parse_json_row, parse_row
from ideolab_accesslog.access.counts import RowCounter, row_counter
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.access.row import Row
from ideolab_accesslog.access.sinks import spool_file
from ideolab_accesslog.conf import conf
from ideolab_accesslog.databases.text import is_rows_fault
from ideolab_accesslog.models import LoadedSpool

#: bytes of a file that go to the database at a time
BLOCK = 256 * 1024
_PARSERS: dict[str, Callable[[bytes], Optional[Row]]] = {
    spool_file.SUFFIX: parse_row,
    spool_file.FORMER_SUFFIX: parse_json_row,
}


def load(path: Path) -> int:
    """Store the file's rows, remove the file and return how many rows; 0 when another process has done so."""
    using = databases.requests()
    loaded = LoadedSpool.objects.using(using)
    # a transaction that is rolled back stores and drops nothing: the file is loaded again
    counter = RowCounter()
    try:
        with transaction.atomic(using=using):
            with transaction.atomic(using=using):
                loaded.create(name=path.name)
            # read only now: whoever removed the name had removed the file before
            count = _insert_file(path, connections[using], counter)
    except FileNotFoundError:
        return 0
    except IntegrityError:
        # a crash between the commit and the removal
        count = 0
    else:
        row_counter.add_counts_of(counter)
    path.unlink(missing_ok=True)
    loaded.filter(name=path.name).delete()
    return count


def _insert_file(path: Path, connection: Any, counter: RowCounter) -> int:
    if path.suffix == spool_file.SUFFIX and copy.is_possible(connection) and copy.is_key_plain():
        try:
            return _copy_file(path, connection, counter)
        except Exception as error:
            # one bad line must not cost the others
            if not is_rows_fault(error):
                raise
    return sum(insert(batch, counter) for batch in _batches(path, counter))


def _copy_file(path: Path, connection: Any, counter: RowCounter) -> int:
    """Give the file to COPY as it is: none of its lines becomes a row in this process."""
    lines = 0

    def read() -> Iterator[bytes]:
        nonlocal lines
        for block in iter(partial(file.read, BLOCK), b""):
            lines += block.count(b"\n")
            yield block

    with path.open("rb") as file, transaction.atomic(using=connection.alias):
        count = copy.write(read(), connection)
        if count < lines:
            # a line of \. ends COPY, and what stands behind it would be lost
            raise DataError(f"{path}: COPY took {count} of {lines} lines")
    counter.add_written_rows(count)
    return count


def _batches(path: Path, counter: RowCounter) -> Iterator[list[Row]]:
    size, parse = int(conf.ACCESSLOG_BATCH), _PARSERS[path.suffix]
    batch: list[Row] = []
    with path.open("rb") as lines:
        for line in lines:
            row = parse(line)
            if row is None:
                counter.add_dropped_rows(1, "an unreadable line in the spool")
                continue
            batch.append(row)
            if len(batch) >= size:
                yield batch
                batch = []
    if batch:
        yield batch
