"""PostgreSQL's COPY: takes lines of rows by the block, which costs this process next to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

from ideolab_accesslog.access.copy_line import COLUMNS
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.models import AccessLog

#: keys of users that str() writes as PostgreSQL reads them
_PLAIN_KEYS = (models.IntegerField, models.UUIDField, models.CharField)
_USER = FIELDS.index("user_id")


def is_possible(connection: Any) -> bool:
    """Return whether the connection is one of psycopg 3, which has COPY."""
    return connection.vendor == "postgresql" and hasattr(connection.Database, "Copy")


def write(blocks: Iterable[bytes], connection: Any) -> int:
    """Give lines of requests to their table and return how many."""
    return write_table(blocks, connection, AccessLog, COLUMNS)


def write_table(
    blocks: Iterable[bytes], connection: Any, model: Any, names: Sequence[str], null: str = "\\N"
) -> int:
    """Give lines of these fields to the model's table and return how many; `null` stands for no value.

    A piece of a line may stand in another block.
    """
    quote = connection.ops.quote_name
    columns = ", ".join(quote(model._meta.get_field(name).column) for name in names)
    # the lines are UTF-8, whatever the connection is set to
    statement = (
        f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN WITH (ENCODING 'UTF8', NULL '{null}')"
    )
    with connection.cursor() as cursor, connection.wrap_database_errors:
        with cursor.copy(statement) as copying:
            for block in blocks:
                copying.write(block)
        return int(cursor.rowcount)


def is_key_plain() -> bool:
    """Return whether a user's key is stored as it is; a field of the site's own may change it."""
    key = type(AccessLog._meta.get_field("user").target_field)
    return key.__module__.startswith("django.db.models.") and issubclass(key, _PLAIN_KEYS)


def prepare_keys(rows: Sequence[Row], connection: Any) -> Sequence[Row]:
    """Return the rows with users' keys as their field stores them."""
    if is_key_plain():
        return rows
    prepare = AccessLog._meta.get_field("user").get_db_prep_save
    return [
        row if row[_USER] is None else (*row[:_USER], prepare(row[_USER], connection), *row[_USER + 1 :])
        for row in rows
    ]
