"""CSV of GeoLite2-Country: Blocks have the number of a place, Locations the country of the number."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources.addresses import AddressError, read_network
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.ranges.refused_rows import RefusedRows

#: places; GeoLite2-Country has 250, and a city file has a hundred thousand
_MOST_PLACES = 200_000


def read_places(blocks: Iterable[list[str]], codes: Codes, refusals: RefusedRows) -> dict[str, str]:
    """Return {number of a place: code of its country} of a Locations file."""
    places: dict[str, str] = {}
    for lines in blocks:
        for line in lines:
            try:
                number, code = _read_place(line)
                if number != "geoname_id" and len(places) < _MOST_PLACES:
                    places[number] = codes[code]
            except (ValueError, IndexError, csv.Error):
                if line.strip():
                    refusals.add("not a row of a place", line)
    return places


def _read_place(line: str) -> tuple[str, str]:
    # a name may have a comma in it
    fields = next(csv.reader([line]))
    return fields[0], fields[4]


def read_blocks(
    blocks: Iterable[list[str]],
    places: Mapping[str, str],
    rows: Mapping[int, CountryRows],
    refusals: RefusedRows,
) -> None:
    """Add the networks of a Blocks file: by the place, or else by who registered the network."""
    for lines in blocks:
        for line in lines:
            try:
                network, place, registered, _rest = line.split(",", 3)
                number = place or registered
                if number == "geoname_id":
                    continue
                if number not in places:
                    _count_unknown(number, line, refusals)
                elif code := places[number]:
                    version, first, last = read_network(network)
                    rows[version].add(first, last, code)
            except AddressError as error:
                refusals.add(str(error), line)
            except (OSError, ValueError):
                if line.strip():
                    refusals.add("not a row of a network and its place", line)
        for each in rows.values():
            each.require_few()


def _count_unknown(number: str, line: str, refusals: RefusedRows) -> None:
    # anonymous proxies and the like have no place
    if number:
        refusals.add("a place that the Locations file does not have", line)
