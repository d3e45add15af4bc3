"""The file of the table: its sqlite tables, and how a new one takes the place of the old.

Ranges of one AS may lie inside of another's. Each row names the range around it (`outer`), so that a
look-up goes from the last range that begins before an address outwards to the first that holds it.
"""

from __future__ import annotations

import contextlib
import glob
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Optional, Union

from ideolab_f2b.asn.range_row import BITS, RangeRow

#: "ASN1": sqlite's mark of whose file it is
APPLICATION = 0x41534E31
#: version of the tables; a file with another one is built anew
VERSION = 1
#: ranges around each other; prefixes of IPv6 nest no deeper
DEPTH = 129
#: of the file: its data is public, its directory is root's
_MODE = 0o644
#: seconds that no build takes
_BUILD_S = 3600
#: rows are stored in the order in which they are looked up
_TABLES = """\
PRAGMA page_size = 8192;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE range4 (
    first INTEGER, last INTEGER, number INTEGER, outer_first INTEGER, outer_last INTEGER,
    PRIMARY KEY (first, last DESC, number)) WITHOUT ROWID;
CREATE TABLE range6 (
    first BLOB, last BLOB, number INTEGER, outer_first BLOB, outer_last BLOB,
    PRIMARY KEY (first, last DESC, number)) WITHOUT ROWID;
CREATE TABLE name (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE fact (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""
_INDEXES = f"""\
CREATE INDEX number4 ON range4 (number);
CREATE INDEX number6 ON range6 (number);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""
_INSERT = {4: "INSERT INTO range4 VALUES (?, ?, ?, ?, ?)", 6: "INSERT INTO range6 VALUES (?, ?, ?, ?, ?)"}
_COUNT = {4: "SELECT count(*) FROM range4", 6: "SELECT count(*) FROM range6"}
#: an address in the file: IPv6 needs more than sqlite's 64 bits
Key = Union[int, bytes]
_Stored = tuple[Key, Key, int, Optional[Key], Optional[Key]]


def to_key(version: int, address: int) -> Key:
    """Return an address as it is stored; keys compare as addresses do."""
    return address if version == 4 else address.to_bytes(16, "big")


def to_address(key: Key) -> int:
    """Return the number of a stored address."""
    return key if isinstance(key, int) else int.from_bytes(key, "big")


class RangeCounts(NamedTuple):
    """How many ranges of each version a table has, and of how many ASes."""

    ranges4: int
    ranges6: int
    systems: int

    @property
    def ranges(self) -> int:
        """The ranges of both versions."""
        return self.ranges4 + self.ranges6


Facts = Mapping[str, Union[str, float]]


def write(path: Path, rows: Iterable[RangeRow], describe: Callable[[RangeCounts], Facts]) -> RangeCounts:
    """Build the table beside `path` and rename it: a reader sees the old one or the new one.

    `describe` returns what the table says of itself (source, dated, built), or raises to keep the old one.
    Any error leaves the old table, and nothing beside it: ValueError for ranges that nobody announces so,
    OSError and sqlite3.Error where it cannot be written.
    """
    _remove_left_over(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        os.fchmod(descriptor, _MODE)
        with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as database:
            database.executescript(_TABLES)
            counts = _fill(database, rows)
            database.executemany("INSERT INTO fact VALUES (?, ?)", describe(counts).items())
            database.executescript(_INDEXES)
        os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)
    return counts


def _remove_left_over(path: Path) -> None:
    """Remove what a build left that was killed; another one that runs now has a younger file."""
    with contextlib.suppress(OSError):
        for temporary in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            if temporary.stat().st_mtime < time.time() - _BUILD_S:
                temporary.unlink()


def _fill(database: sqlite3.Connection, rows: Iterable[RangeRow]) -> RangeCounts:
    packed: dict[int, list[int]] = {4: [], 6: []}
    names: dict[int, str] = {}
    for version, first, last, number, name in rows:
        packed[version].append(_pack(BITS[version], first, last, number))
        if not names.get(number):
            names[number] = name
    database.execute("BEGIN")
    database.executemany("INSERT INTO name VALUES (?, ?)", names.items())
    for version, keys in packed.items():
        keys.sort()
        database.executemany(_INSERT[version], _nest(version, keys))
    database.execute("COMMIT")
    ranges4, ranges6 = (database.execute(_COUNT[version]).fetchone()[0] for version in packed)
    return RangeCounts(ranges4, ranges6, len(names))


def _pack(bits: int, first: int, last: int, number: int) -> int:
    """Return one number that sorts by first, widest range, number; a tuple takes four times the memory."""
    return (first << bits | (1 << bits) - 1 - last) << 32 | number


def _nest(version: int, keys: Iterable[int]) -> Iterator[_Stored]:
    """Yield the rows of sorted keys, each with the range around it."""
    bits = BITS[version]
    ones, previous = (1 << bits) - 1, -1
    around: list[tuple[int, int]] = []
    for key in keys:
        if key == previous:
            continue
        previous = key
        first, last, number = key >> bits + 32, ones - (key >> 32 & ones), key & 0xFFFFFFFF
        while around and (around[-1][1] < first or around[-1] == (first, last)):
            around.pop()
        outer = around[-1] if around else None
        if len(around) >= DEPTH:
            raise ValueError(f"more than {DEPTH} ranges overlap each other, which is no data of a vendor")
        around.append((first, last))
        yield (
            to_key(version, first),
            to_key(version, last),
            number,
            None if outer is None else to_key(version, outer[0]),
            None if outer is None else to_key(version, outer[1]),
        )
