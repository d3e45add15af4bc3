"""Rows of one family, as a source has them: which country has the addresses from here to there."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Iterator, MutableSequence
from itertools import islice

from ideolab_f2b.ranges.refused_rows import RefusedRows

#: rows of one family; the files of today have 0.4 million
MAX_ROWS = 3_000_000
#: {family: the most addresses of one row}: no row of today's files has a quarter of it
_WIDEST = {4: 1 << 28, 6: 1 << 118}


class TooManyRowsError(ValueError):
    """A source has more rows than any country file; the text says how many are taken."""


class CountryRows:
    """Columns of a family, 4 or 6: first and last address as numbers, and the code of the country."""

    def __init__(self, version: int) -> None:
        self.version = version
        # an array takes a fifth of the memory, and has no room for IPv6
        self.firsts: MutableSequence[int] = array("I") if version == 4 else []
        self.lasts: MutableSequence[int] = array("I") if version == 4 else []
        self.codes: list[str] = []

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[tuple[int, int, str]]:
        return zip(self.firsts, self.lasts, self.codes)

    def add(self, first: int, last: int, code: str) -> None:
        """Append one row, whose numbers are addresses of the family."""
        self.firsts.append(first)
        self.lasts.append(last)
        self.codes.append(code)

    def require_few(self) -> None:
        """TooManyRowsError where there are more rows than a file of countries has."""
        if len(self) > MAX_ROWS:
            raise TooManyRowsError(f"more than {MAX_ROWS:,} rows of IPv{self.version}: no file of countries")

    def settle(self, refusals: RefusedRows) -> CountryRows:
        """Return the rows in order and without overlap: what two of them have is the narrower one's."""
        widest = _WIDEST[self.version]
        if max(map(operator.sub, self.lasts, self.firsts), default=0) >= widest:
            return self._without_wide(widest, refusals).settle(refusals)
        if all(map(operator.lt, self.lasts, islice(self.firsts, 1, None))):
            return self
        return self._flatten(refusals)

    def _without_wide(self, widest: int, refusals: RefusedRows) -> CountryRows:
        rows = CountryRows(self.version)
        for first, last, code in self:
            if last - first >= widest:
                refusals.add("wider than any country's", f"{first} to {last} {code}")
            else:
                rows.add(first, last, code)
        return rows

    def _flatten(self, refusals: RefusedRows) -> CountryRows:
        flat, open_rows, at = CountryRows(self.version), list[tuple[int, str]](), 0
        for first, last, code in self._in_order():
            at = flat._close(open_rows, first, at)
            if open_rows:
                _outer_last, outer_code = open_rows[-1]
                if outer_code != code:
                    refusals.nested += 1
                if at < first:
                    flat._join(at, first - 1, outer_code)
            at = first
            open_rows.append((last, code))
        flat._close(open_rows, 1 << 128, at)
        return flat

    def _in_order(self) -> Iterator[tuple[int, int, str]]:
        """Yield the rows by their first address, of two the wider one first."""
        # the numbers of the rows are sorted, and not the rows: those would take five times the memory
        firsts, lasts, codes = self.firsts, self.lasts, self.codes
        order = sorted(range(len(self)), key=lasts.__getitem__, reverse=True)
        order.sort(key=firsts.__getitem__)
        return ((firsts[row], lasts[row], codes[row]) for row in order)

    def _close(self, open_rows: list[tuple[int, str]], before: int, at: int) -> int:
        """Add what is left of the rows that end before an address; return the next address to be told of."""
        while open_rows and open_rows[-1][0] < before:
            last, code = open_rows.pop()
            if at <= last:
                self._join(at, last, code)
                at = last + 1
        return at

    def _join(self, first: int, last: int, code: str) -> None:
        """Add a row behind all others; one that goes on with the country makes the last one longer."""
        if self.codes and self.codes[-1] == code and self.lasts[-1] + 1 == first:
            self.lasts[-1] = last
        else:
            self.add(first, last, code)
