"""Finds the newest rows of a target, also of many addresses, whose rows no index has by time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Optional

from ideolab_accesslog.dashboard.detail.target import DetailTarget

#: rows of a network among which the newest are looked for
SORTED = 5000
#: newest rows of the table among which those of a larger network are looked for
LATE = 2000
#: rows that are read by their numbers at a time; SQLite takes no more than 999 values
_PAGE = 500


class IsInside(NamedTuple):
    """The column by which a row is in a network, and the function that says so of its value."""

    column: str
    holds: Callable[[Any], bool]


class NewestRows(NamedTuple):
    """The numbers of the rows, newest first. `oldest`: the time of the oldest of all; None: nobody knows.

    `found`: how many there are at least; `is_cut`: `keys` does not have all of them.
    """

    keys: list[int]
    found: int
    oldest: Optional[datetime]
    is_cut: bool


def find_newest(
    target: DetailTarget, inside: Any, is_inside: IsInside, most: int, since: Optional[datetime] = None
) -> NewestRows:
    """Find the newest rows of a target, and none before `since`; `inside` has them in the order of an index.

    Of a network with more than SORTED rows, those among the newest rows of the table are found for certain;
    behind them come the newest ones of its first addresses.
    """
    pairs = inside.values_list("ts", "pk")
    if target.kind != "network":
        recent = pairs if since is None else pairs.filter(ts__gte=since)
        found = list(recent[: most + 1])
        return NewestRows([key for _ts, key in found[:most]], len(found), None, len(found) > most)
    # sorted here: PostgreSQL would look for them among all rows of the table, the newest first. No database
    # is asked for the time either: it would read all rows of the network
    found = list(pairs[: SORTED + 1])
    is_whole = len(found) <= SORTED
    every = found if is_whole else {*found, *_find_late(inside, is_inside)}
    recent = sorted((pair for pair in every if since is None or pair[0] >= since), reverse=True)
    oldest = recent[-1][0] if recent and is_whole else None
    keys = [key for _ts, key in recent[:most]]
    return NewestRows(keys, len(recent), oldest, len(recent) > most or not is_whole)


def _find_late(inside: Any, is_inside: IsInside) -> Iterator[tuple[datetime, int]]:
    """Yield time and number of those of a network that are among the newest rows of all."""
    rows = inside.model._default_manager.using(inside.db)
    # numbers alone: for any other column MariaDB would sort the whole table
    newest = list(rows.order_by("-ts", "-pk").values_list("pk", flat=True)[:LATE])
    for ts, key, value in read_rows(rows, newest, "ts", "pk", is_inside.column):
        if is_inside.holds(value):
            yield ts, key


def read_rows(rows: Any, keys: Sequence[int], *fields: str) -> Iterator[tuple[Any, ...]]:
    """Yield the fields of these rows, in no order."""
    for start in range(0, len(keys), _PAGE):
        yield from rows.filter(pk__in=keys[start : start + _PAGE]).values_list(*fields)
