"""Reads the table: the networks of an AS, and the AS of an address. It is never written here."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import NamedTuple, Optional, Union
from urllib.parse import quote

from ideolab_f2b.asn.error import AsnTableError as AsnTableError
from ideolab_f2b.asn.range_row import BITS
from ideolab_f2b.asn.table_file import APPLICATION, DEPTH, VERSION, Key, to_address, to_key
from ideolab_f2b.notation.networks import Network
from ideolab_f2b.ranges.prefixes import merge, split

#: in a directory of root's: who can write it chooses what is banned with an AS
DEFAULT_PATH = Path("/var/lib/ideolab-f2b/asn.sqlite3")
_BUILD = "ideolab-f2b asn build makes it (docs/asn.md)"
#: {version: the last range that begins at or before an address; of those that begin there, the smallest}
_BEFORE = {
    4: "SELECT first, last, number, outer_first, outer_last FROM range4"
    " WHERE first <= ? ORDER BY first DESC, last ASC LIMIT 1",
    6: "SELECT first, last, number, outer_first, outer_last FROM range6"
    " WHERE first <= ? ORDER BY first DESC, last ASC LIMIT 1",
}
_OUTER = {
    4: "SELECT first, last, number, outer_first, outer_last FROM range4 WHERE first = ? AND last = ? LIMIT 1",
    6: "SELECT first, last, number, outer_first, outer_last FROM range6 WHERE first = ? AND last = ? LIMIT 1",
}
_OF_AS = {
    4: "SELECT first, last FROM range4 WHERE number = ?",
    6: "SELECT first, last FROM range6 WHERE number = ?",
}


class AsnRow(NamedTuple):
    """Who announces an address: the AS, its cleaned name (may be empty), and the prefix."""

    number: int
    name: str
    prefix: Network


class AsnTable:
    """The table as it was when it was opened: a new one needs a new object.

    AsnTableError where there is none or it is broken. Threads may share it.
    """

    #: the files that it was built from
    source: str
    #: epoch seconds of the oldest of these files' data
    dated: float
    #: epoch seconds of the build
    built: float
    #: how many ranges and ASes it has
    ranges: int
    systems: int
    #: the state of the files that it was built from
    stamp: str

    def __init__(self, path: Path = DEFAULT_PATH) -> None:
        self._path = path
        self._database = _open(path)
        with self._guard():
            facts = dict(self._database.execute("SELECT key, value FROM fact"))
            self.source, self.stamp = str(facts["source"]), str(facts.get("stamp", ""))
            self.dated, self.built = float(facts["dated"]), float(facts["built"])
            self.ranges, self.systems = int(facts.get("ranges", 0)), int(facts.get("systems", 0))

    def __enter__(self) -> AsnTable:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def prefixes(self, number: int) -> list[Network]:
        """Return the networks that an AS announces, merged, IPv4 first; none for an AS that is not there."""
        return [
            _network(version, address, length)
            for version in (4, 6)
            for first, last in self._ranges(number, version)
            for address, length in split(first, last, BITS[version])
        ]

    def count_addresses(self, number: int) -> tuple[int, int]:
        """Return how many IPv4 addresses and how many /64 of IPv6 an AS announces."""
        subnets = merge((first >> 64, last >> 64) for first, last in self._ranges(number, 6))
        return _count(self._ranges(number, 4)), _count(subnets)

    def find(self, wanted: Union[Network, IPv4Address, IPv6Address]) -> Optional[AsnRow]:
        """Return who announces an address or all of a network: the smallest range; None where nobody does."""
        if isinstance(wanted, (IPv4Address, IPv6Address)):
            first = last = int(wanted)
        else:
            first, last = int(wanted.network_address), int(wanted.broadcast_address)
        with self._guard():
            row = self._smallest(wanted.version, first, last)
            if row is None:
                return None
            low, high, number = row
            return AsnRow(number, self._name(number), _widen(wanted.version, first, last, low, high))

    def name(self, number: int) -> str:
        """Return the cleaned name of an AS; it may be empty."""
        with self._guard():
            return self._name(number)

    def _name(self, number: int) -> str:
        row = self._database.execute("SELECT name FROM name WHERE number = ?", (number,)).fetchone()
        return str(row[0]) if row else ""

    def _ranges(self, number: int, version: int) -> list[tuple[int, int]]:
        with self._guard():
            rows = self._database.execute(_OF_AS[version], (number,))
            return merge((to_address(first), to_address(last)) for first, last in rows)

    def _smallest(self, version: int, first: int, last: int) -> Optional[tuple[int, int, int]]:
        low, high = to_key(version, first), to_key(version, last)
        row = self._database.execute(_BEFORE[version], (low,)).fetchone()
        for _step in range(DEPTH):
            if row is None:
                return None
            if row[1] >= high:
                return to_address(row[0]), to_address(row[1]), row[2]
            outer: tuple[Optional[Key], Optional[Key]] = row[3:5]
            row = self._database.execute(_OUTER[version], outer).fetchone()
        return None

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
            raise AsnTableError(f"{self._path} is broken ({error}): {_BUILD}") from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.stat()
    except FileNotFoundError:
        raise AsnTableError(f"{path} is missing: there is no table of AS numbers; {_BUILD}") from None
    except PermissionError as error:
        # it may be whole: the command line says that root reads it
        raise AsnTableError(f"{path} cannot be read ({error.strerror})") from error
    except OSError as error:
        raise AsnTableError(f"{path} cannot be read ({error.strerror}): {_BUILD}") from error
    try:
        # nobody writes into it: a new one is renamed over it
        database = sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise AsnTableError(f"{path} cannot be read ({error}): {_BUILD}") from error
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        mark = [database.execute(f"PRAGMA {key}").fetchone()[0] for key in ("application_id", "user_version")]
    except sqlite3.Error as error:
        database.close()
        raise AsnTableError(f"{path} is broken ({error}): {_BUILD}") from error
    if mark != [APPLICATION, VERSION]:
        database.close()
        raise AsnTableError(f"{path} is no table of this version: {_BUILD}")
    return database


def _widen(version: int, first: int, last: int, low: int, high: int) -> Network:
    """Return the widest prefix around first to last that lies in low to high."""
    bits = BITS[version]
    host = (last - first).bit_length()
    while host < bits:
        base = first >> host + 1 << host + 1
        if base < low or base + (2 << host) - 1 > high:
            break
        host += 1
    base = first >> host << host
    return _network(version, base, bits - host)


def _network(version: int, address: int, length: int) -> Network:
    return IPv4Network((address, length)) if version == 4 else IPv6Network((address, length))


def _count(ranges: Iterable[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)
