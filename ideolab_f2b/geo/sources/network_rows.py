"""What `location export` writes: a network in each line; the country is the set's name, or the file's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Optional

from ideolab_f2b.geo.country_rows import CountryRows
from ideolab_f2b.geo.sources.addresses import AddressError, read_network
from ideolab_f2b.geo.sources.codes import Codes
from ideolab_f2b.geo.sources.source_error import CountrySourceError
from ideolab_f2b.ranges.refused_rows import RefusedRows

#: FRv4, and AS64500v4, which is no country
_NAME = re.compile(r"([A-Z][A-Z0-9])v[46](?:\.\w+)?")
#: what names a set, and what holds nothing
_HEADS = ("create ", "define ")
_REST = ("flush ", "}", "#")


def read_networks(
    path: Path,
    blocks: Iterable[list[str]],
    rows: Mapping[int, CountryRows],
    codes: Codes,
    refusals: RefusedRows,
) -> None:
    """Add the networks of a file.

    CountrySourceError where neither a set nor the file has the name of a country.
    """
    country = _read_name(path.name, codes)
    for lines in blocks:
        for line in lines:
            text = line.strip(" \t\r,")
            if text.startswith(_HEADS):
                country = _read_name(text.split()[1], codes)
            elif text and not text.startswith(_REST):
                if country is None:
                    way_out = "name it as `location export` does: FRv4.networks"
                    raise CountrySourceError(f"{path}: whose networks these are is not said; {way_out}")
                _add(text, country, rows, refusals)
        for each in rows.values():
            each.require_few()


def _read_name(text: str, codes: Codes) -> Optional[str]:
    found = _NAME.fullmatch(text)
    return codes[found[1]] if found else None


def _add(text: str, country: str, rows: Mapping[int, CountryRows], refusals: RefusedRows) -> None:
    try:
        version, first, last = read_network(text.rpartition(" ")[2])
        rows[version].add(first, last, country)
    except AddressError as error:
        refusals.add(str(error), text)
    except (OSError, ValueError):
        refusals.add("not a network", text)
