"""Reads local MMDB files (country, ASN, or both): several make one origin. Only then maxminddb is needed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ideolab_f2b.origin import field
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.origin.results import LookupResults
from ideolab_f2b.places import install_command

SOURCE = "mmdb"
#: bytes; the file is held in memory
MOST_BYTES = 256 * 1024 * 1024
#: MaxMind's and DB-IP's names, then IPinfo's and those of ip-location-db
ASN_KEYS = ("autonomous_system_number", "asn")
AS_NAME_KEYS = ("autonomous_system_organization", "as_name", "name")
_COUNTRY = ("country", "country_code", "registered_country")


class Mmdb:
    """The files in the order of their rank: the first that knows a field gives it."""

    def __init__(self, paths: Sequence[Path], results: LookupResults) -> None:
        self._files = [_File(path) for path in paths]
        self._results = results

    @property
    def is_used(self) -> bool:
        """Whether any file is configured."""
        return bool(self._files)

    def refresh(self) -> None:
        """Open the files that are new or replaced; this costs one stat() for each file."""
        for file in self._files:
            try:
                file.refresh()
            except ImportError:
                self._results.complain(
                    "MMDB files are configured, maxminddb is missing: " + install_command("python3-maxminddb")
                )
            except Exception as error:
                # InvalidDatabaseError, or whatever a reader makes of garbage
                self._results.complain(f"{file.path}: not read as an MMDB file: {error!r}", str(file.path))

    def get(self, address: Address) -> Origin:
        """Return the origin of an address, one that is not known when no file has it."""
        origin = Origin(str(address))
        for file in self._files:
            try:
                origin = _merge(origin, file.get(address))
            except Exception as error:
                self._results.count(SOURCE, "error")
                self._results.complain(f"{file.path}: a look-up fails: {type(error).__name__}")
        return origin

    def close(self) -> None:
        """Close the files, and free their memory."""
        for file in self._files:
            file.close()


class _File:
    """One file and its reader; a reader is dropped when its file is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: Any = None
        self._version: tuple[int, int, int] | None = None

    def refresh(self) -> None:
        found = os.stat(self.path)
        version = (found.st_ino, found.st_size, found.st_mtime_ns)
        if version == self._version:
            return
        self.close()
        # also when it is no good: it is not read again before it changes
        self._version = version
        if found.st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES} bytes")
        import maxminddb

        # never mapped: a file that is copied over in place would end fail2ban-server with SIGBUS
        self._reader = maxminddb.open_database(str(self.path), maxminddb.MODE_MEMORY)

    def get(self, address: Address) -> Origin | None:
        if self._reader is None or (address.version == 6 and self._reader.metadata().ip_version == 4):
            return None
        record, length = self._reader.get_with_prefix_len(str(address))
        return _origin(record, address, length) if isinstance(record, Mapping) else None

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader, self._version = None, None


def _origin(record: Mapping[str, Any], address: Address, length: int) -> Origin:
    number = field.asn(_first(record, ASN_KEYS))
    # where there is an ASN only: an organisation and a city have a name as well
    name = field.name(_first(record, AS_NAME_KEYS)) if number else None
    prefix = field.network(f"{address}/{length}", address) if number else None
    return Origin(
        str(address), number, name, _country(record), None if prefix is None else str(prefix), SOURCE
    )


def _country(record: Mapping[str, Any]) -> str | None:
    for key in _COUNTRY:
        value = record.get(key)
        found = field.country(value.get("iso_code") if isinstance(value, Mapping) else value)
        if found:
            return found
    return None


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> object:
    return next((record[key] for key in keys if record.get(key) not in (None, "")), None)


def _merge(origin: Origin, other: Origin | None) -> Origin:
    if other is None or not other.is_known:
        return origin
    return Origin(
        origin.address,
        origin.asn or other.asn,
        origin.asname if origin.asn else other.asname,
        origin.country or other.country,
        origin.prefix if origin.asn else other.prefix,
        SOURCE,
    )
