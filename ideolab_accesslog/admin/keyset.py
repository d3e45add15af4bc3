"""Reads millions of rows in the order of their list, page by page, and holds no cursor open meanwhile.

A cursor that stays open while somebody downloads is lost behind pgbouncer, and locks SQLite. The next page
begins behind the last row of the one before, so the last page costs what the first one costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models import F, Max, Q
from django.db.models.expressions import OrderBy

#: keys that are read at a time: the database sorts once for each time where no index has the order
_KEYS = 10_000
#: rows that are read at a time; SQLite takes no more than 999 values
_PAGE = 500
#: keys of one number of `_Seen`, as bits
_BITS = 64


class SortColumn(NamedTuple):
    """One column of the order. `nulls_first`: None for a column that always has a value."""

    name: str
    is_descending: bool
    nulls_first: Optional[bool] = None


def read_pages(queryset: Any, names: Sequence[str], *, may_change: bool) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a list in its order, each once, as values of the columns `names`.

    Rows that are deleted meanwhile are left out, and so are those that come after the start. `may_change`:
    a row may move in the order meanwhile, so that what was sent has to be remembered.
    """
    model, order = queryset.model, find_order(queryset)
    rows = model._default_manager.using(queryset.db).order_by()
    newest = rows.aggregate(newest=Max("pk"))["newest"]
    keys = queryset.select_related(None).filter(pk__lte=newest or 0)
    seen = _Seen() if may_change else None
    for page in _read_keys(keys, order):
        new = [key for key in page if seen is None or seen.add(key)]
        for start in range(0, len(new), _PAGE):
            part = new[start : start + _PAGE]
            found = {key: values for key, *values in rows.filter(pk__in=part).values_list("pk", *names)}
            yield [tuple(found[key]) for key in part if key in found]


def _read_keys(queryset: Any, order: Sequence[SortColumn]) -> Iterator[list[Any]]:
    """Yield the numbers of the rows in their order, _KEYS at a time."""
    sorted_by = [f"-{column.name}" if column.is_descending else column.name for column in order]
    rows = queryset.order_by(*sorted_by).values_list(*(column.name for column in order))
    after = Q()
    while True:
        page = list(rows.filter(after)[:_KEYS])
        yield [values[-1] for values in page]
        if len(page) < _KEYS:
            return
        after = make_condition(order, page[-1])


def find_order(queryset: Any) -> tuple[SortColumn, ...]:
    """Return the columns of the list's order, the row's number last; the number alone for other orders."""
    query, found = queryset.query, []
    for item in query.order_by or (query.get_meta().ordering if query.default_ordering else ()):
        column = _read_column(queryset, item)
        if column is None:
            return (SortColumn("pk", True),)
        found.append(column)
        if column.name == "pk":
            return tuple(found)
    return (*found, SortColumn("pk", True))


def _read_column(queryset: Any, item: Any) -> Optional[SortColumn]:
    """Return a column of the table; None for what is none, or has its own rule for rows without a value."""
    if isinstance(item, OrderBy):
        if item.nulls_first or item.nulls_last or not isinstance(item.expression, F):
            return None
        item = f"-{item.expression.name}" if item.descending else item.expression.name
    if not isinstance(item, str):
        return None
    name, is_descending = item.lstrip("-"), item.startswith("-")
    try:
        field = queryset.model._meta.pk if name == "pk" else queryset.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if field.primary_key:
        return SortColumn("pk", is_descending)
    if not field.concrete or field.is_relation:
        return None
    nulls_first = connections[queryset.db].features.order_by_nulls_first != is_descending
    return SortColumn(name, is_descending, nulls_first if field.null else None)


def make_condition(order: Sequence[SortColumn], values: Sequence[Any]) -> Q:
    """Return the condition of the rows that come after the one with these values."""
    condition, same = Q(pk__in=[]), Q()
    for column, value in zip(order, values):
        condition |= same & _come_after(column, value)
        same &= Q(**{f"{column.name}__isnull": True}) if value is None else Q(**{column.name: value})
    first = order[0]
    if first.nulls_first is not None:
        return condition
    # says the same once more, in the form for which databases use an index
    return condition & Q(**{f"{first.name}__{'lte' if first.is_descending else 'gte'}": values[0]})


def _come_after(column: SortColumn, value: Any) -> Q:
    """Return the condition of rows whose value of one column comes after `value`."""
    if value is None:
        return Q(**{f"{column.name}__isnull": False}) if column.nulls_first else Q(pk__in=[])
    after = Q(**{f"{column.name}__{'lt' if column.is_descending else 'gt'}": value})
    return after | Q(**{f"{column.name}__isnull": True}) if column.nulls_first is False else after


class _Seen:
    """The numbers of rows, as bits: a million neighbours take two megabytes."""

    def __init__(self) -> None:
        self._blocks: dict[int, int] = {}

    def add(self, key: int) -> bool:
        """Remember a number; False when it was there."""
        block, bit = key // _BITS, 1 << key % _BITS
        bits = self._blocks.get(block, 0)
        self._blocks[block] = bits | bit
        return not bits & bit
