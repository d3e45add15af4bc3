"""GeoLite2-Country: places and blocks."""

from __future__ import annotations

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources import maxmind_rows
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.ranges.refused_rows import RefusedRows
from tests.geo.vendor_files import read_rows


def test_places() -> None:
    """A name may have a comma; a place of no country is known as such; what is no row is counted."""
    refusals = RefusedRows()
    lines = [
        "geoname_id,locale_code,continent_code,continent_name,country_iso_code,country_name",
        '11,en,EU,Europe,FR,"France, here"',
        '22,en,NA,"North, America",US,"United States"',
        "33,en,EU,Europe,,",
        "44,en,EU,Europe,F!,x",
        "55,en",
        "",
    ]
    found = maxmind_rows.read_places([lines], Codes(), refusals)

    assert found == {"11": "FR", "22": "US", "33": ""}
    assert refusals.by_reason == {"not a row of a place": 2}


def test_blocks() -> None:
    """By the place, else by who registered it; a place that nobody knows and a broken network are counted."""
    rows, refusals = {4: CountryRows(4), 6: CountryRows(6)}, RefusedRows()
    lines = [
        "network,geoname_id,registered_country_geoname_id,represented_country_geoname_id,is_anonymous_proxy",
        "198.51.100.0/27,11,22,,0",
        "198.51.100.32/27,,22,,0",
        "198.51.100.64/27,33,22,,0",
        "198.51.100.96/27,,,,1",
        "2001:db8::/48,99,,,0",
        "198.51.100.1/27,11,,,0",
        "300.51.100.0/27,11,,,0",
        "198.51.100.128/27",
    ]
    maxmind_rows.read_blocks([lines], {"11": "FR", "22": "US", "33": ""}, rows, refusals)

    assert read_rows(rows) == [
        ("198.51.100.0", "198.51.100.31", "FR"),
        ("198.51.100.32", "198.51.100.63", "US"),
    ]
    assert refusals.by_reason == {
        "a place that the Locations file does not have": 1,
        "bits of the host are set": 1,
        "not a row of a network and its place": 2,
    }
