"""Countries in the records of MMDB files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources import mmdb_rows
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.ranges.mmdb import MmdbError, MmdbFile
from ideolab_f2b.ranges.refused_rows import RefusedRows
from tests.geo.vendor_files import read_rows


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"country": {"iso_code": "FR"}, "registered_country": {"iso_code": "US"}}, "FR"),
        ({"registered_country": {"iso_code": "US"}}, "US"),
        ({"country_code": "DE"}, "DE"),
        ({"country": "UK"}, "GB"),
        ({"continent": {"code": "EU"}}, ""),
        ({"country": {"iso_code": 7}}, ""),
    ],
)
def test_the_records_of_the_vendors(record: dict[str, Any], code: str, tmp_path: Path) -> None:
    """MaxMind's, DB-IP's, IPinfo's and ip-location-db's; without a country it is a gap."""
    rows, refusals = {4: CountryRows(4), 6: CountryRows(6)}, RefusedRows()
    mmdb_rows.read_records(MmdbFile(write(tmp_path, record)), rows, Codes(), refusals)

    assert read_rows(rows) == ([("198.51.100.0", "198.51.100.255", code)] if code else [])
    assert refusals.by_reason == {}


def test_hostile_records(tmp_path: Path) -> None:
    """A code that is none is counted; a file that is cut is an error that names it."""
    rows, refusals = {4: CountryRows(4), 6: CountryRows(6)}, RefusedRows()
    path = write(tmp_path, {"country": {"iso_code": "\x1b[2J"}})
    mmdb_rows.read_records(MmdbFile(path), rows, Codes(), refusals)
    path.write_bytes(path.read_bytes()[40:])

    assert refusals.by_reason == {"a record whose country is no code": 1}
    with pytest.raises(MmdbError, match=f"^{path}: "):
        mmdb_rows.read_records(MmdbFile(path), rows, Codes(), refusals)


def write(place: Path, record: dict[str, Any]) -> Path:
    """Write a file in which 198.51.100.0/24 has this record."""
    writer = MMDBWriter(4, "made up")
    writer.insert_network(IPSet(["198.51.100.0/24"]), record)
    writer.to_db_file(str(place / "x.mmdb"))
    return place / "x.mmdb"
