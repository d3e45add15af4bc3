"""Keeps origins by network in sqlite: a botnet in one prefix is looked up once. An error is a miss."""

from __future__ import annotations

import ipaddress
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

from ideolab_f2b.config import Network
from ideolab_f2b.origin import cache_file, field, query
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import NONE, Origin
from ideolab_f2b.origin.results import LookupResults

#: rows; those that end first go first
MOST_ROWS = 200_000
#: seconds between two searches for rows that are over
_PURGE_S = 3600.0
#: new rows after which they are searched for in any case
_PURGE_ROWS = 10_000
_COLUMNS = "key, asn, asname, country, prefix, source, until"
_SEEK = f"SELECT {_COLUMNS} FROM origin WHERE key <= ? ORDER BY key DESC LIMIT 1"  # noqa: S608 (no values)


class Cache:
    """`keep_s` and `unknown_s`: seconds that an answer, and the answer that nobody knows, are kept."""

    def __init__(
        self,
        path: Path,
        keep_s: float,
        unknown_s: float,
        results: LookupResults,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._keep_s, self._unknown_s = keep_s, unknown_s
        self._results = results
        self._clock = clock
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._purged_at, self._rows = float("-inf"), 0

    def get(self, addresses: Iterable[Address]) -> dict[Address, Origin]:
        """Return the origin of the longest known network of each address; its own `address` is empty."""
        found: dict[Address, Origin] = {}
        with self._lock:
            try:
                self._read(addresses, found)
            except (OSError, sqlite3.Error) as error:
                self._note_error(error)
            except (TypeError, ValueError, IndexError) as error:
                self._note_error(cache_file.BrokenError(f"a row is not ours: {error}"))
        return found

    def _read(self, addresses: Iterable[Address], found: dict[Address, Origin]) -> None:
        database, now = self._open(), self._clock()
        # one lock of the file for all questions: it costs more than they do
        database.execute("BEGIN")
        try:
            for address in addresses:
                origin = self._find(database, address, now)
                if origin is not None:
                    found[address] = origin
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")

    def _find(self, database: sqlite3.Connection, address: Address, now: float) -> Origin | None:
        """Find the longest network that holds the address: it is one of those that begin before it."""
        number = int(address)
        length = bits = int(address.max_prefixlen)
        while length >= field.WIDEST[address.version]:
            row = database.execute(_SEEK, (_key(address, number, length),)).fetchone()
            if row is None or row[0][0] != address.version:
                return None
            key, *values, until = row
            common = bits - (int.from_bytes(key[1:-1], "big") ^ number).bit_length()
            # a clock that was set back must not keep a row for ever
            if common >= key[-1] and now < until <= now + self._keep_s:
                return _origin(values)
            length = min(common, key[-1] - 1)
        return None

    def put(self, answers: Iterable[tuple[Address, Origin]]) -> None:
        """Store origins for their prefix, or for the /24 or /48 around the address."""
        with self._lock:
            try:
                self._write([_row(address, origin, self._until(origin)) for address, origin in answers])
            except (OSError, sqlite3.Error) as error:
                self._note_error(error)

    def _write(self, rows: list[tuple[Any, ...]]) -> None:
        database = self._open()
        database.execute("BEGIN IMMEDIATE")
        try:
            database.executemany("INSERT OR REPLACE INTO origin VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._purge(database, len(rows))
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")

    def _purge(self, database: sqlite3.Connection, added: int) -> None:
        self._rows += added
        now = self._clock()
        if now - self._purged_at < _PURGE_S and self._rows < _PURGE_ROWS:
            return
        database.execute("DELETE FROM origin WHERE until <= ? OR until > ?", (now, now + self._keep_s))
        surplus = database.execute("SELECT count(*) FROM origin").fetchone()[0] - MOST_ROWS
        if surplus > 0:
            database.execute(
                "DELETE FROM origin WHERE key IN (SELECT key FROM origin ORDER BY until LIMIT ?)", (surplus,)
            )
        self._purged_at, self._rows = now, 0

    def _until(self, origin: Origin) -> float:
        return self._clock() + (self._keep_s if origin.is_known else min(self._unknown_s, self._keep_s))

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = cache_file.connect(self._path)
        return self._database

    def _note_error(self, error: Exception) -> None:
        self._results.count("cache", "error")
        if _is_locked(error):
            return
        self._close()
        if not _is_broken(error):
            self._results.complain(
                f"the cache of origins {self._path} is not used: {error}", "cache not used"
            )
            return
        try:
            aside = cache_file.set_aside(self._path)
        except OSError as failure:
            text = f"the cache of origins {self._path} is broken and stays there: {failure}"
            self._results.complain(text, "cache stays")
        else:
            text = f"the cache of origins was broken ({error}): moved to {aside}, begun anew"
            self._results.complain(text, "cache begun anew")

    def close(self) -> None:
        """Close the file; the next question opens it again."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


class ReadOnlyCache(Cache):
    """Answers from the file of another program: never makes it, changes it or moves it."""

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = cache_file.connect_read_only(self._path)
        return self._database

    def _note_error(self, error: Exception) -> None:
        self._results.count("cache", "error")
        if not _is_locked(error):
            self._close()


def _key(address: Address, number: int, length: int) -> bytes:
    """Return a key that sorts by family, first address, length."""
    hosts = address.max_prefixlen - length
    first = (number >> hosts << hosts).to_bytes(address.max_prefixlen // 8, "big")
    return b"%c%b%c" % (address.version, first, length)


def _row(address: Address, origin: Origin, until: float) -> tuple[Any, ...]:
    prefix = origin.prefix
    network: Network = ipaddress.ip_network(prefix) if prefix else query.smallest_network(address)
    key = _key(address, int(address), network.prefixlen)
    source = origin.source if origin.is_known else NONE
    return key, origin.asn, origin.asname, origin.country, prefix, source, until


def _origin(values: list[Any]) -> Origin:
    if not all(value is None or type(value) is str for value in values) or values[-1] is None:
        raise TypeError("a value that is no text")
    return Origin("", *values)


def _is_locked(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def _is_broken(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        # a table of ours that has other columns, or none of ours
        return str(error).startswith(("no such", "table origin", "Could not decode"))
    return isinstance(error, sqlite3.DatabaseError)
