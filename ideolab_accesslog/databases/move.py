"""Moves rows of the app from the site's SQLite file to its own: those of earlier versions."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from ideolab_accesslog.databases import own
from ideolab_accesslog.models import LoadedSpool

#: rows of one transaction: the site waits for each
BATCH = 2000
#: how the name of a note begins: no spool file is called so
_NOTE = "moved "
#: {model: what happens to a row whose address or name is in the file already}
CONFLICTS = {
    "traship": "(ip) DO UPDATE SET count_hits = count_hits + excluded.count_hits, "
    "count_404 = count_404 + excluded.count_404, "
    "count_sensitive = count_sensitive + excluded.count_sensitive, "
    "ban_until = CASE WHEN excluded.is_banned THEN excluded.ban_until ELSE ban_until END, "
    "ban_reason = CASE WHEN excluded.is_banned THEN excluded.ban_reason ELSE ban_reason END, "
    "is_banned = is_banned OR excluded.is_banned",
    "total": "(name, labels) DO UPDATE SET value = value + excluded.value",
    "loadedspool": "DO NOTHING",
    "connmonevent": "DO NOTHING",
    "eventoffset": "DO NOTHING",
    "eventminute": "(minute, type, jail) DO UPDATE SET count = count + excluded.count",
    "eventhour": "(hour, type, jail) DO UPDATE SET count = count + excluded.count",
    "eventday": "(day, kind, key) DO UPDATE SET count = count + excluded.count",
}


def move_rows() -> int:
    """Move the rows of all tables that the site's migration has, in batches; return how many."""
    there = connections[DEFAULT_DB_ALIAS].introspection.table_names()
    return sum(_move_table(model) for model in find_tables() if model._meta.db_table in there)


def find_tables() -> list[Any]:
    """Return the models, one for each table: that of a proxy is another model's."""
    return [model for model in apps.get_app_config(own.LABEL).get_models() if not model._meta.proxy]


def _move_table(model: Any) -> int:
    moved = 0
    while count := _move_batch(model):
        moved += count
    return moved


def _move_batch(model: Any) -> int:
    """Move the oldest rows; return how many have left the site's file.

    In WAL mode no transaction is whole over two files: a process that was killed in the commit lost a batch.
    So rows are stored first, with a note up to which, and deleted then; what has a note is stored already.
    """
    table = model._meta.db_table
    site = connections[DEFAULT_DB_ALIAS]
    with transaction.atomic(using=site.alias), site.cursor() as cursor:
        # SQLite refuses to write in a transaction that has read before somebody else wrote
        cursor.execute(f"UPDATE {table} SET id = id WHERE id = -1")  # noqa: S608 (names of our own tables)
        last = _find_note(table) or _store_batch(model, cursor)
        cursor.execute(f"DELETE FROM {table} WHERE id <= %s", [last])  # noqa: S608
        count = int(cursor.rowcount)
    _notes().filter(name=f"{_NOTE}{table} {last}").delete()
    # an old note says nothing about the rows that came after it
    return count or (_move_batch(model) if last else 0)


def _notes() -> Any:
    return LoadedSpool.objects.using(own.ALIAS)


def _find_note(table: str) -> int:
    """Return the number of the last row that is stored, but may not be deleted yet; 0 without a note."""
    names = _notes().filter(name__startswith=f"{_NOTE}{table} ").values_list("name", flat=True)
    return max((int(name.rpartition(" ")[2]) for name in names), default=0)


def _store_batch(model: Any, site: Any) -> int:
    """Store the oldest rows in the file, with a note; return the number of the last one, 0 without any.

    They get new keys, for the file has rows of its own. `site` is the cursor of the site's transaction, which
    may let no other connection read.
    """
    table, name = model._meta.db_table, model._meta.model_name
    columns = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    # with a plus each value is read as it is stored: sqlite3 knows no type of such a column
    stored = ", ".join(f"+{column}" for column in columns)
    site.execute(f"SELECT id, {stored} FROM {table} ORDER BY id LIMIT {BATCH}")  # noqa: S608
    rows = site.fetchall()
    if not rows:
        return 0
    conflict = f"ON CONFLICT {CONFLICTS[name]}" if name in CONFLICTS else ""
    marks = ", ".join(["%s"] * len(columns))
    with transaction.atomic(using=own.ALIAS), connections[own.ALIAS].cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) {conflict}",  # noqa: S608
            [row[1:] for row in rows],
        )
        last = int(rows[-1][0])
        _notes().create(name=f"{_NOTE}{table} {last}")
    return last


def count_rows() -> int:
    """Return how many rows of the app the site's file still has."""
    return sum(model._default_manager.using(DEFAULT_DB_ALIAS).count() for model in find_tables())
