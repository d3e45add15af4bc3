"""Answers by network, kept in sqlite: a botnet in one prefix is looked up once. What fails here is a miss."""

from __future__ import annotations

import ipaddress
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Callable

from ideolab_f2b.origin import cache_file, field, target
from ideolab_f2b.origin.counts import Tally
from ideolab_f2b.origin.field import Address, Network
from ideolab_f2b.origin.origin import NONE, Origin

#: rows; those that end first go first
MOST_ROWS = 200_000
_PURGE_S, _PURGE_ROWS = 3600.0, 10_000
_COLUMNS = "key, asn, asname, country, prefix, source, until"
_SEEK = f"SELECT {_COLUMNS} FROM origin WHERE key <= ? ORDER BY key DESC LIMIT 1"  # noqa: S608 (no values)


class Cache:
    """`keep_s` and `unknown_s`: seconds that an answer, and the answer that nobody knows, are kept."""

    def __init__(
        self,
        path: Path,
        keep_s: float,
        unknown_s: float,
        tally: Tally,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._keep_s, self._unknown_s = keep_s, unknown_s
        self._tally = tally
        self._clock = clock
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._purged_at, self._rows = float("-inf"), 0

    def get(self, addresses: Iterable[Address]) -> dict[Address, Origin]:
        """Of the longest known network of each, without the address; not known where nobody knew."""
        found: dict[Address, Origin] = {}
        with self._lock:
            try:
                self._read(addresses, found)
            except (OSError, sqlite3.Error) as error:
                self._trouble(error)
            except (TypeError, ValueError, IndexError) as error:
                self._trouble(cache_file.BrokenError(f"a row is not ours: {error}"))
        return found

    def _read(self, addresses: Iterable[Address], found: dict[Address, Origin]) -> None:
        database, now = self._opened(), self._clock()
        # one lock of the file for all questions: it costs more than they do
        database.execute("BEGIN")
        try:
            for address in addresses:
                origin = self._one(database, address, now)
                if origin is not None:
                    found[address] = origin
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")

    def _one(self, database: sqlite3.Connection, address: Address, now: float) -> Origin | None:
        """Each seek finds the network that begins last before the address; what holds it holds that, too."""
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
        """Keep them for their prefix, or for the /24 or /48 around the address."""
        with self._lock:
            try:
                self._write([_row(address, origin, self._until(origin)) for address, origin in answers])
            except (OSError, sqlite3.Error) as error:
                self._trouble(error)

    def _write(self, rows: list[tuple[Any, ...]]) -> None:
        database = self._opened()
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

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = cache_file.connect(self._path)
        return self._database

    def _trouble(self, error: Exception) -> None:
        self._tally.count("cache", "error")
        if _is_locked(error):
            return
        self._close()
        if not _is_broken(error):
            self._tally.complain(f"the cache of origins {self._path} is not used: {error}")
            return
        try:
            aside = cache_file.set_aside(self._path)
        except OSError as failure:
            self._tally.complain(f"the cache of origins {self._path} is broken and stays there: {failure}")
        else:
            self._tally.complain(f"the cache of origins was broken ({error}): moved to {aside}, begun anew")

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _key(address: Address, number: int, length: int) -> bytes:
    """Sorts by family, first address, length."""
    hosts = address.max_prefixlen - length
    first = (number >> hosts << hosts).to_bytes(address.max_prefixlen // 8, "big")
    return b"%c%b%c" % (address.version, first, length)


def _row(address: Address, origin: Origin, until: float) -> tuple[Any, ...]:
    network: Network = ipaddress.ip_network(origin.prefix) if origin.prefix else target.grain(address)
    key = _key(address, int(address), network.prefixlen)
    source = origin.source if origin.is_known else NONE
    return key, origin.asn, origin.asname, origin.country, origin.prefix, source, until


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
