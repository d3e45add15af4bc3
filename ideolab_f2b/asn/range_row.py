"""One row of the table: a range of addresses and the AS that announces it. Plain values."""

from __future__ import annotations

from typing import NamedTuple

#: bits of an address, by version
BITS = {4: 32, 6: 128}


class RangeRow(NamedTuple):
    """`first` and `last` are addresses as numbers, `name` is cleaned and may be empty."""

    version: int
    first: int
    last: int
    number: int
    name: str
