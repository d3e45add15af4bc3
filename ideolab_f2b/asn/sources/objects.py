"""Objects of attributes, with empty lines between: `location dump` of libloc, and routes of whois servers.

Of libloc: `aut-num:` with `name:`, `net:` with `aut-num:`. Of RADB and the registries: `route:` or `route6:`
with `origin:`; of two lines of one kind the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Optional

from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources.addresses import parse_network, require_public
from ideolab_f2b.asn.sources.names import AsNames
from ideolab_f2b.asn.sources.refusals import Refusals, RowError

_ROUTES = ("route", "route6")
#: the attributes that are read
_WANTED = ("net", "aut-num", "name", "origin", *_ROUTES)


def read(lines: Iterable[str], refusals: Refusals) -> Iterator[RangeRow]:
    """Yield the rows of all objects that are networks of an AS."""
    names = AsNames()
    for found in _group(lines):
        try:
            row = _read_object(found, names)
        except RowError as error:
            refusals.add(error, " ".join(found.values()))
            continue
        if row is not None:
            yield row
        elif "net" in found:
            refusals.unannounced += 1


def _group(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    found: dict[str, str] = {}
    for line in lines:
        if not line or line.isspace():
            if found:
                yield found
            found = {}
            continue
        key, _colon, value = line.partition(":")
        # a line that begins with a blank goes on with the attribute above
        if key in _WANTED:
            found.setdefault(key, value.partition("#")[0].strip())
    if found:
        yield found


def _read_object(found: Mapping[str, str], names: AsNames) -> Optional[RangeRow]:
    """Return the row; None for an object that is no network, and for a network that no AS announces."""
    network = found.get("net")
    word = found.get("aut-num", "")
    if network is None:
        network = next((found[key] for key in _ROUTES if key in found), None)
        if network is None:
            if word:
                names.clean(names.read_number(word), found.get("name"))
            return None
        word = found.get("origin", "")
        if not word:
            raise RowError("a route without its origin")
    number = names.read_number(word)
    if not number:
        return None
    version, first, last = parse_network(network)
    require_public(version, first, last)
    return RangeRow(version, first, last, number, names.clean(number, ""))
