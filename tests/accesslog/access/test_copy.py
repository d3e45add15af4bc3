"""COPY, and when it is used."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models

from ideolab_accesslog.access import copy
from ideolab_accesslog.access.copy_line import format_row
from ideolab_accesslog.access.insert import insert
from ideolab_accesslog.models import AccessLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row


class ShiftedField(models.IntegerField):
    """A field of a site that stores another number than its value."""


@pytest.mark.parametrize(
    ("key", "is_plain"),
    [
        (models.AutoField(primary_key=True), True),
        (models.BigAutoField(primary_key=True), True),
        (models.UUIDField(primary_key=True), True),
        (models.CharField(primary_key=True, max_length=9), True),
        (models.BinaryField(primary_key=True), False),
        (ShiftedField(primary_key=True), False),
    ],
)
def test_a_key_that_needs_its_field(key: Any, is_plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's own numbers, texts and UUIDs are stored as str() writes them."""
    monkeypatch.setattr(models.ForeignKey, "target_field", key)

    assert copy.is_key_plain() is is_plain


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_psycopg_has_copy(database: str) -> None:
    """The others take executemany."""
    assert copy.is_possible(connection) is (database == "postgresql")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_lines_come_in_blocks_of_any_size(database: str) -> None:
    """A block may end within a line, and within a character."""
    lines = b"".join(format_row(row(path=f"/é{number}", user_id=number)) for number in range(3))

    assert copy.write([lines[start : start + 7] for start in range(0, len(lines), 7)], connection) == 3
    assert list(AccessLog.objects.order_by("id").values_list("path", "user_id")) == [
        ("/é0", 0),
        ("/é1", 1),
        ("/é2", 2),
    ]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_key_is_stored_as_its_field_wants_it(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site may have a field of its own."""
    monkeypatch.setattr(copy, "is_key_plain", lambda: False)
    user = AccessLog._meta.get_field("user")
    monkeypatch.setattr(user, "get_db_prep_save", lambda value, _connection: value + 1000)

    assert insert([row(user_id=7), row()]) == 2
    assert list(AccessLog.objects.order_by("id").values_list("user_id", flat=True)) == [1007, None]
