"""Reads all files of a source."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ideolab_f2b.files import NotRegularError
from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources import maxmind_rows, mmdb_rows, network_rows, range_rows
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.geo.sources.kind import (
    CSV,
    KINDS,
    LIBLOC,
    MAXMIND,
    MMDB,
    PLACES,
    TOR,
    CountryFile,
    recognize,
)
from ideolab_f2b.geo.sources.lines import read_lines
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from ideolab_f2b.ranges import vendor_file
from ideolab_f2b.ranges.mmdb import MmdbFile
from ideolab_f2b.ranges.refused_rows import RefusedRows

#: files of a directory; `location export` writes two for each country
_MOST_FILES = 2000


@dataclass(frozen=True)
class CountrySource:
    """What was read; `dated` is when the data was made, or the files' own time where they do not say it."""

    kind: str
    paths: tuple[Path, ...]
    dated: float
    is_dated: bool
    rows: dict[int, CountryRows]
    refusals: RefusedRows


def read(paths: Sequence[Path], wanted: str = "") -> CountrySource:
    """Read the files, and those of directories. CountrySourceError says which file is wrong, and what to do.

    `wanted` is the kind that they have to be; "": that which they are.
    """
    found = _require_one_kind(list(_find(paths)), wanted)
    rows, refusals = {4: CountryRows(4), 6: CountryRows(6)}, RefusedRows()
    inside = _READ[found[0].kind](found, rows, refusals)
    _require_most(found[0].path, sum(map(len, rows.values())), refusals)
    stated = [date for date in (inside, *(one.dated for one in found)) if date]
    dated = min(stated) if stated else min(vendor_file.read_time(os.stat(one.path)) for one in found)
    settled = {}
    for version in (4, 6):
        # one family after the other: what was read is given back
        settled[version] = rows.pop(version).settle(refusals)
    return CountrySource(
        found[0].kind,
        tuple(one.path for one in found),
        # a date that is still to come is none
        min(dated, time.time()),
        bool(stated),
        settled,
        refusals,
    )


def _require_most(path: Path, taken: int, refusals: RefusedRows) -> None:
    """CountrySourceError where more rows were refused than taken, or none was taken: that is no source."""
    if not taken or refusals.total > taken:
        refused = f", {refusals.total:,} refused: {'; '.join(refusals.describe())}" if refusals.total else ""
        raise CountrySourceError(f"{path}: {taken:,} rows of countries{refused}; get the source anew")


def _require_one_kind(found: list[CountryFile], wanted: str) -> list[CountryFile]:
    first = found[0]
    for one in found:
        if wanted and one.kind != wanted:
            raise CountrySourceError(f"{one.path} is {one.kind} ({KINDS[one.kind]}), not {wanted}")
        if one.kind != first.kind:
            both = f"{first.path} is {first.kind} and {one.path} is {one.kind}"
            raise CountrySourceError(f"{both}: name the files of one source")
    return found


def _find(paths: Sequence[Path]) -> Iterator[CountryFile]:
    for path in paths:
        if not path.exists():
            raise CountrySourceError(f"{path}: there is no such file; docs/geo.md says how to get one")
        yield from _look_into(path) if path.is_dir() else [recognize(path)]


def _look_into(directory: Path) -> Iterator[CountryFile]:
    """Yield the sources of a directory; what is none there is a licence or a note."""
    count = 0
    for path in sorted(directory.iterdir())[:_MOST_FILES]:
        with contextlib.suppress(CountrySourceError, NotRegularError, IsADirectoryError):
            yield recognize(path)
            count += 1
    if not count:
        raise CountrySourceError(f"{directory}: no file in it is one of countries")


def _read_ranges(
    found: Iterable[CountryFile], rows: Mapping[int, CountryRows], refusals: RefusedRows
) -> Optional[float]:
    codes = Codes()
    for one in found:
        range_rows.read_ranges(read_lines(one.path, refusals), rows, codes, refusals)
    return None


def _read_networks(
    found: Iterable[CountryFile], rows: Mapping[int, CountryRows], refusals: RefusedRows
) -> Optional[float]:
    codes = Codes()
    for one in found:
        network_rows.read_networks(one.path, read_lines(one.path, refusals), rows, codes, refusals)
    return None


def _read_maxmind(
    found: Iterable[CountryFile], rows: Mapping[int, CountryRows], refusals: RefusedRows
) -> Optional[float]:
    files, codes, places = list(found), Codes(), dict[str, str]()
    locations = [one for one in files if one.table == PLACES]
    if len(locations) == len(files) or not locations:
        missing = "Blocks" if locations else "Locations"
        raise CountrySourceError(
            f"{files[0].path}: its {missing} file is missing; name both, or their directory"
        )
    for one in locations:
        places.update(maxmind_rows.read_places(read_lines(one.path, refusals), codes, refusals))
    for one in files:
        if one.table != PLACES:
            maxmind_rows.read_blocks(read_lines(one.path, refusals), places, rows, refusals)
    return None


def _read_mmdb(
    found: Iterable[CountryFile], rows: Mapping[int, CountryRows], refusals: RefusedRows
) -> Optional[float]:
    codes, dates = Codes(), []
    for one in found:
        file = MmdbFile(one.path)
        mmdb_rows.read_records(file, rows, codes, refusals)
        dates.append(file.built)
    return min(dates) or None


_Read = Callable[[Iterable[CountryFile], Mapping[int, CountryRows], RefusedRows], Optional[float]]
#: {kind: what reads its files, and returns the date that stands in them}
_READ: dict[str, _Read] = {
    TOR: _read_ranges,
    CSV: _read_ranges,
    MAXMIND: _read_maxmind,
    LIBLOC: _read_networks,
    MMDB: _read_mmdb,
}
