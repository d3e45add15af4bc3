"""Builds the table from files, and keeps the old one where that fails."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Optional

from ideolab_f2b.asn import table_file
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources.source_file import STANDARD_INPUT, SourceError, SourceFile
from ideolab_f2b.asn.table import AsnTable
from ideolab_f2b.asn.table_file import Facts, RangeCounts
from ideolab_f2b.logline import quote

#: rows of all sources; the world announces a million networks, and each takes 60 bytes of memory
MOST_ROWS = 3_000_000
#: a table with less than this part of the old one's ranges comes from a file that is cut, or of fewer ASes
_LEAST_PART = 0.5


class BuildResult(NamedTuple):
    """What a new table has, and from which files; `dated` in epoch seconds."""

    files: Sequence[SourceFile]
    counts: RangeCounts
    dated: float


def build(
    files: Sequence[SourceFile],
    path: Path,
    *,
    is_forced: bool = False,
    standard_input: Optional[BinaryIO] = None,
    now: Optional[float] = None,
) -> BuildResult:
    """Build the table at `path`; `is_forced`: also one that has much less than the old one.

    AsnTableError where a file is no good; it says whether an old table stays in force.
    """
    built, old = time.time() if now is None else now, find_old(path)
    least = 0 if old is None or is_forced else int(old.ranges * _LEAST_PART)
    stamp = read_stamp(files)

    def describe(counts: RangeCounts) -> Facts:
        if counts.ranges < least and old is not None:
            raise SourceError(
                f"the new table has {counts.ranges} ranges, the old one {old.ranges}: if the files are whole"
                " and meant so, --force takes them"
            )
        return {
            "source": ", ".join(f"{one.kind} {quote(one.name)[1:-1]}" for one in files),
            "dated": min(one.dated for one in files),
            "built": built,
            "ranges": counts.ranges,
            "systems": counts.systems,
            "stamp": stamp,
        }

    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        counts = table_file.write(path, _read_all(files, standard_input, built), describe)
    except FileNotFoundError as error:
        what = f"{error.filename} is not there: docs/asn.md says where to get such a file"
        raise AsnTableError(f"{what}; {describe_old(old)}") from error
    except (ValueError, OSError) as error:
        raise AsnTableError(f"{error}; {describe_old(old)}") from error
    except sqlite3.Error as error:
        raise AsnTableError(f"{path} cannot be written ({error}); {describe_old(old)}") from error
    return BuildResult(files, counts, min(one.dated for one in files))


def find_old(path: Path) -> Optional[AsnTable]:
    """Return the facts of the table that is in force, closed; None where there is none that can be read."""
    with contextlib.suppress(AsnTableError), AsnTable(path) as table:
        return table
    return None


def describe_old(old: Optional[AsnTable]) -> str:
    """Return what is in force when a build has failed."""
    if old is None:
        return "there is no table"
    return f"the table of {format_day(old.dated)} stays in force"


def format_day(when: float) -> str:
    """Return the day of epoch seconds, as 2026-06-17."""
    return time.strftime("%Y-%m-%d", time.gmtime(when))


def read_stamp(files: Sequence[SourceFile]) -> str:
    """Return a text that changes when one of the files does; "" where one is standard input or missing."""
    parts = []
    for one in files:
        try:
            found = one.path.stat()
        except OSError:
            return ""
        if one.path == STANDARD_INPUT:
            return ""
        parts.append(f"{one.path} {one.kind} {one.number} {found.st_ino} {found.st_size} {found.st_mtime_ns}")
    return "\n".join(parts)


def _read_all(
    files: Sequence[SourceFile], standard_input: Optional[BinaryIO], now: float
) -> Iterator[RangeRow]:
    count = 0
    for file in files:
        for row in file.read(standard_input, now):
            count += 1
            if count > MOST_ROWS:
                raise SourceError(f"{quote(file.name)}: more than {MOST_ROWS} networks, which no vendor has")
            yield row
