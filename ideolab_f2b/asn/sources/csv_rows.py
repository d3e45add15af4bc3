"""CSV and TSV of vendors: networks or ranges, numbers of ASes, names; with a first line of titles or without.

MaxMind's GeoLite2-ASN-Blocks, DB-IP, ip-location-db, IPinfo, iptoasn.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Optional

from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources.addresses import parse_address, parse_network, parse_range, require_public
from ideolab_f2b.asn.sources.names import AsNames
from ideolab_f2b.asn.sources.refusals import Refusals, RowError

#: what vendors call their columns
_NETWORK = ("network", "prefix", "cidr")
_FIRST = ("start_ip", "ip_start", "range_start", "start", "first")
_LAST = ("end_ip", "ip_end", "range_end", "end", "last")
_NUMBER = ("autonomous_system_number", "asn", "as_number")
_NAME = ("autonomous_system_organization", "as_name", "as_organization", "name", "organization")
#: columns of a line are looked at, not more
_MOST_COLUMNS = 32


class Columns(NamedTuple):
    """Where what stands; `last` is None where `first` is a network, `name` where there is none."""

    first: int
    last: Optional[int]
    number: int
    name: Optional[int]


def read(lines: Iterable[str], refusals: Refusals) -> Iterator[RangeRow]:
    """Yield the rows; each line counts by itself, so that a quote which does not end spoils one line."""
    columns, separator, names = None, "", AsNames()
    for line in lines:
        if not line or line.startswith("#"):
            continue
        separator = separator or ("\t" if "\t" in line else ",")
        try:
            fields = _split(line, separator)
            if columns is None:
                columns = find_columns(fields)
                if not _is_address(fields[columns.first]):
                    continue
            row = _read_row(fields, columns, names)
        except RowError as error:
            refusals.add(error, line)
            continue
        if row is None:
            refusals.unannounced += 1
        else:
            yield row


def _split(line: str, separator: str) -> list[str]:
    if '"' not in line:
        return line.split(separator, _MOST_COLUMNS)
    try:
        # by itself: a list of one line cannot go on in the next
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        raise RowError("no line of CSV") from None


def find_columns(fields: list[str]) -> Columns:
    """Return the columns from the titles, or from a first row without titles; RowError for neither."""
    titles = {title.strip().lower(): index for index, title in reversed(list(enumerate(fields)))}
    number = _pick(titles, _NUMBER)
    if number is not None:
        network, first, last = (_pick(titles, words) for words in (_NETWORK, _FIRST, _LAST))
        if network is not None:
            return Columns(network, None, number, _pick(titles, _NAME))
        if first is not None and last is not None:
            return Columns(first, last, number, _pick(titles, _NAME))
        raise RowError("no columns of networks or ranges")
    if "/" in fields[0] and len(fields) > 1:
        return Columns(0, None, 1, 2 if len(fields) > 2 else None)
    if len(fields) < 3 or not _is_address(fields[0]):
        raise RowError("no network, number and name")
    # iptoasn has a country before the name
    return Columns(0, 1, 2, len(fields) - 1 if len(fields) in (4, 5) else None)


def _pick(titles: dict[str, int], words: Iterable[str]) -> Optional[int]:
    return next((titles[word] for word in words if word in titles), None)


def _is_address(text: str) -> bool:
    try:
        parse_address(text.partition("/")[0])
    except RowError:
        return False
    return True


def _read_row(fields: list[str], columns: Columns, names: AsNames) -> Optional[RangeRow]:
    """Return the row; None for a network that no AS announces."""
    try:
        first, word = fields[columns.first], fields[columns.number]
        last = None if columns.last is None else fields[columns.last]
    except IndexError:
        raise RowError("too few columns") from None
    number = names.read_number(word)
    if not number:
        return None
    version, low, high = parse_network(first) if last is None else parse_range(first, last)
    require_public(version, low, high)
    at = columns.name
    name = names.clean(number, fields[at] if at is not None and at < len(fields) else "")
    return RangeRow(version, low, high, number, name)
