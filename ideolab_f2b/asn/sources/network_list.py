"""Networks of one AS, without its number: lists of libloc, and a route server's answer to `!gAS64500`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.sources.addresses import parse_network, require_public
from ideolab_f2b.asn.sources.refusals import Refusals, RowError

#: bytes of a line: the answer to `!g` has all networks of an AS in one, ten thousand at most
MOST_LINE = 1 << 20
#: before the data of an answer: how many bytes it has
_LENGTH = re.compile(r"A([0-9]{1,9})")
#: behind it; D: there is no such AS
_ENDS = ("C", "D", "E")


def read(lines: Iterable[str], refusals: Refusals, number: int) -> Iterator[RangeRow]:
    """Yield the rows; ValueError for an answer that is an error or cut, or when the AS is not known."""
    if not number:
        raise ValueError(
            "it has networks without the number of their AS: give it with --as AS64500, or name the file so"
        )
    missing = 0
    for line in lines:
        text = line.partition("#")[0].strip()
        length = _LENGTH.fullmatch(text)
        if length:
            missing += int(length[1])
            continue
        if text in _ENDS:
            continue
        if text.startswith("F "):
            raise ValueError(f"the route server refused: {text[:80]!r}")
        missing -= len(line) + 1
        for word in text.split():
            try:
                version, first, last = parse_network(word)
                require_public(version, first, last)
            except RowError as error:
                refusals.add(error, word)
            else:
                yield RangeRow(version, first, last, number, "")
    if missing > 0:
        raise ValueError(f"the route server's answer is cut: {missing} bytes are missing")
