"""What of a vendor's files was not taken, by reason: counted, and the first of each kind quoted."""

from __future__ import annotations

from collections.abc import Iterator

from ideolab_f2b import logline

#: characters of a row that a report quotes
_QUOTED = 60


class RefusedRows:
    """Counts of rows by reason; the reasons are our own words, so there are few of them."""

    def __init__(self) -> None:
        #: rows inside another country's range, which are taken out of it: these are no fault
        self.nested = 0
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, reason: object, row: str) -> None:
        """Count one row that was not taken; the reason is a text, or an error that has it."""
        text = str(reason)
        if text not in self._counts:
            self._first[text] = logline.quote(row.strip()[:_QUOTED])
        self._counts[text] = self._counts.get(text, 0) + 1

    @property
    def total(self) -> int:
        """Rows that were not taken."""
        return sum(self._counts.values())

    @property
    def by_reason(self) -> dict[str, int]:
        """{reason: rows}, in the order in which they were met."""
        return dict(self._counts)

    def describe(self) -> Iterator[str]:
        """Yield `2 rows: not an address (first: "...")` for each reason, the most frequent first."""
        for reason, count in sorted(self._counts.items(), key=lambda one: -one[1]):
            rows = "row" if count == 1 else "rows"
            yield f"{count:,} {rows}: {reason} (first: {self._first[reason]})"
