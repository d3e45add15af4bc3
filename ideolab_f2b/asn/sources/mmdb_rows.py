"""MMDB files of vendors: MaxMind's, DB-IP's, IPinfo's and those of ip-location-db."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources.addresses import require_public
from ideolab_f2b.asn.sources.names import AsNames, parse_number
from ideolab_f2b.asn.sources.refusals import Refusals, RowError
from ideolab_f2b.origin.mmdb import AS_NAME_KEYS, ASN_KEYS
from ideolab_f2b.ranges.mmdb import MmdbFile

#: records that are remembered; there are 90,000 ASes
_MOST_KNOWN = 500_000


def read(file: MmdbFile, refusals: Refusals) -> Iterator[RangeRow]:
    """Yield the rows; MmdbError where the file turns out to be broken on the way."""
    names = AsNames()
    # the record is held: another one could get its id
    known: dict[int, tuple[Any, int, str]] = {}
    for version, first, last, record in file.walk():
        found = known.get(id(record))
        if found is None:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            number = _read_number(record, refusals)
            found = known[id(record)] = (record, number, _read_name(record, number, names))
        _record, number, name = found
        if not number:
            refusals.unannounced += 1
            continue
        try:
            require_public(version, first, last)
        except RowError as error:
            refusals.add(error, f"{first:#x}-{last:#x} AS{number}")
        else:
            yield RangeRow(version, first, last, number, name)


def _read_number(record: Any, refusals: Refusals) -> int:
    word = _pick(record, ASN_KEYS)
    try:
        return 0 if word is None else parse_number(str(word))
    except RowError as error:
        refusals.add(error, str(word))
        return 0


def _read_name(record: Any, number: int, names: AsNames) -> str:
    return names.clean(number, _pick(record, AS_NAME_KEYS)) if number else ""


def _pick(record: Any, keys: tuple[str, ...]) -> Optional[object]:
    if not isinstance(record, Mapping):
        return None
    return next((record[key] for key in keys if record.get(key) not in (None, "")), None)
