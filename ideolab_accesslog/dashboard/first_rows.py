"""Reads the first rows of each of several queries in one, which every database answers by its index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections


def read_first(queries: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of all queries, which are sliced `values_list`s of the same columns and one database.

    Django's own union() takes no slices on SQLite. Values are those of the driver: texts and numbers.
    """
    if not queries:
        return []
    connection = connections[queries[0].db]
    parts, values = [], []
    for number, query in enumerate(queries):
        text, own = query.query.get_compiler(using=query.db).as_sql()
        # the text is Django's own, and the values go apart
        parts.append(f"SELECT * FROM ({text}) part{number}")  # noqa: S608
        values += own
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return list(cursor.fetchall())
