"""Countries of an MMDB file: MaxMind's, DB-IP's, IPinfo's and those of ip-location-db."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.ranges.mmdb import MmdbFile
from ideolab_f2b.ranges.refused_rows import RefusedRows

#: where records have the code, or a map with it: who uses the network comes before who has registered it
_KEYS = ("country_code", "country", "registered_country")
#: rows between two looks at how many there are
_BATCH = 0x1FFFF


def read_records(
    file: MmdbFile, rows: Mapping[int, CountryRows], codes: Codes, refusals: RefusedRows
) -> None:
    """Add the networks of a file; a record without a code is none. MmdbError where the file is broken."""
    add, last_record, code = {4: rows[4].add, 6: rows[6].add}, None, ""
    for count, (version, first, last, record) in enumerate(file.walk()):
        if record is not last_record:
            last_record, code = record, _read_code(record, codes, refusals)
        if code:
            add[version](first, last, code)
        if not count & _BATCH:
            for each in rows.values():
                each.require_few()


def _read_code(record: Any, codes: Codes, refusals: RefusedRows) -> str:
    for key in _KEYS if isinstance(record, Mapping) else ():
        found = record.get(key)
        text = found.get("iso_code") if isinstance(found, Mapping) else found
        if isinstance(text, str) and text:
            try:
                return codes[text]
            except ValueError:
                refusals.add("a record whose country is no code", text)
    return ""
