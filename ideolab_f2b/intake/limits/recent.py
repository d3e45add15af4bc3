"""Counts by key over the last minutes, in bounded memory: keys that do not come again are forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from ideolab_f2b.intake.client import network_of

#: keys of one /24 or /48 in a table; what has none of them shares one key of the whole network
NETWORK_KEYS = 1000
#: makes a key of a network, which no client has
_ALL = b"*"
NetworkOf = Callable[[bytes], bytes]


class Row:
    """The counts of one key by column, of this window and of the last one."""

    __slots__ = ("before", "counts")

    def __init__(self, columns: int, before: Optional[list[int]]) -> None:
        self.counts, self.before = [0] * columns, before


class RecentCounts:
    """Counts over the last `window_s` seconds for at most `keys` keys, give or take one batch of them.

    There are two tables, this window's and the last one's; of the last one counts the part that is still
    within the window. When a table is full the next begins early, and the oldest counts go: all columns of a
    key alike, so that what is compared belongs to the same time.
    """

    def __init__(
        self, window_s: float, keys: int, columns: int = 1, network_of: NetworkOf = network_of
    ) -> None:
        self._network_of = network_of
        self._window_s, self._full, self._columns = window_s, max(1, keys // 2), columns
        self._start = float("-inf")
        #: seconds that the last table was filled, and seconds of which is known what was counted
        self._span_s = self.history_s = 0.0
        #: how much of the last window counts, 0 to 1
        self.part = 0.0
        #: {key: its row of this window}
        self.rows: dict[bytes, Row] = {}
        self._before: dict[bytes, Row] = {}
        self._networks: dict[bytes, int] = {}

    def advance(self, now: float) -> None:
        """Take note of the time, in seconds; it never goes back. Call it for each batch."""
        age = now - self._start
        if age >= self._window_s or len(self.rows) >= self._full:
            self._before, self._span_s = (self.rows, age) if age < 2 * self._window_s else ({}, 0.0)
            self.rows, self._networks, self._start, age = {}, {}, now, 0.0
        self.part = 1.0 - age / self._window_s
        self.history_s = age + self.part * self._span_s

    def row(self, key: bytes) -> Row:
        """Return the row of a key, to add to it; it is made when there is none."""
        return self.rows.get(key) or self.make(key)

    def find(self, key: bytes) -> Optional[Row]:
        """Return the row to which a key is added, if it or its network was counted before."""
        if key in self.rows or key in self._before:
            return self.row(key)
        return self.rows.get(self._network_of(key) + _ALL)

    def make(self, key: bytes) -> Row:
        """Return the row of a key that has none, or that of its network."""
        network = self._network_of(key)
        keys = self._networks.get(network, 0)
        if keys >= NETWORK_KEYS:
            key = network + _ALL
            if key in self.rows:
                return self.rows[key]
        self._networks[network] = keys + 1
        before = self._before.get(key)
        self.rows[key] = row = Row(self._columns, before.counts if before else None)
        return row

    def value(self, row: Row, column: int = 0) -> float:
        """Return what a row counts within the window."""
        count = row.counts[column]
        return count + self.part * row.before[column] if row.before else count

    def add(self, key: bytes, number: int = 1) -> float:
        """Count `number` more of this key in the first column, and return how many there are now."""
        row = self.row(key)
        row.counts[0] += number
        return self.value(row)
