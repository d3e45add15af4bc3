"""Team Cymru's bulk whois as text: the request, and the rows of the answer. Pure.

    begin          Bulk mode; whois.cymru.com [2026-11-22 15:00:00 +0000]
    verbose        64500 | 198.51.100.7 | 198.51.100.0/24 | FR | ripencc | 2011-08-11 | EXAMPLE, FR
    198.51.100.7   NA    | 203.0.113.9  | NA              |    |         |            | NA
    203.0.113.9
    end

The country is that of the registry's entry, which need not be where the machine stands.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Optional

from ideolab_f2b.origin import field
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin

SOURCE = "cymru"
#: bytes of an answer beside its rows: the first line, and what a server adds
ANSWER_BYTES = 64 * 1024
#: bytes for each address: a row is 60 to 200 bytes, some addresses have several
ROW_BYTES = 1024


def request(addresses: Iterable[Address]) -> bytes:
    """Return the request in its documented form: begin, verbose, one address a line, end."""
    return "\n".join(["begin", "verbose", *map(str, addresses), "end", ""]).encode()


def size_limit(count: int) -> int:
    """Return the bytes that an honest answer about `count` addresses stays under."""
    return ANSWER_BYTES + ROW_BYTES * count


def row(line: bytes) -> Optional[tuple[Address, Origin]]:
    """Read one row; unrouted addresses (NA) give an Origin that is not known, every other line None."""
    parts = field.decode(line[: 4 * ROW_BYTES]).split("|", 6)
    if len(parts) != 7:
        return None
    try:
        address = ipaddress.ip_address(parts[1].strip())
    except ValueError:
        return None
    number = field.asn(parts[0])
    if number is None:
        return (address, Origin(str(address), source=SOURCE)) if parts[0].strip().upper() == "NA" else None
    network = field.network(parts[2], address)
    return address, Origin(
        str(address),
        number,
        field.name(parts[6]) if parts[6].strip().upper() != "NA" else None,
        field.country(parts[3]),
        str(network) if network else None,
        SOURCE,
    )


class ReplyReader:
    """Reads the rows of one answer, in pieces of any size; those that nobody asked for do not count."""

    def __init__(self, asked: Iterable[Address]) -> None:
        self.found: dict[Address, Origin] = {}
        self._asked = frozenset(asked)
        self._rest = b""

    @property
    def is_complete(self) -> bool:
        """Whether there is a row for each address."""
        return len(self.found) == len(self._asked)

    def read(self, piece: bytes) -> None:
        """Take in the next bytes of the answer."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for address, origin in _parse_rows(lines):
            self._take(address, origin)

    def end(self) -> None:
        """Take in a last row without its line feed: the server may have closed properly."""
        self.read(b"\n")

    def _take(self, address: Address, origin: Origin) -> None:
        if address in self._asked:
            known = self.found.get(address)
            self.found[address] = origin if known is None else min(known, origin, key=_rank)


def _parse_rows(lines: Iterable[bytes]) -> Iterator[tuple[Address, Origin]]:
    for line in lines:
        found = row(line)
        if found is not None:
            yield found


def _rank(origin: Origin) -> tuple[bool, int, int]:
    # several origins: the longest prefix, then the lowest number, whatever order the server has
    length = int(origin.prefix.partition("/")[2]) if origin.prefix else 0
    return origin.asn is None, -length, int(origin.asn or 0)
