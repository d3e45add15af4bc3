"""Spool files are loaded exactly once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from ideolab_accesslog.access import insert as insert_module
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.sinks import spool_load
from ideolab_accesslog.access.sinks.spool_load import format_row, parse_row
from ideolab_accesslog.models import AccessLog, LoadedSpool
from tests.accesslog.rows import row, write_spool_file


def test_a_crash_between_commit_and_removal_doubles_nothing(
    database: str, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was stored with the rows."""
    path = write_spool_file(spool, row(), row())
    text = path.read_bytes()
    assert spool_load.load(path) == 2
    path.write_bytes(text)
    LoadedSpool.objects.create(name=path.name)

    assert spool_load.load(path) == 0
    assert AccessLog.objects.count() == 2
    assert (path.exists(), LoadedSpool.objects.count()) == (False, 0)


def test_a_crash_before_the_commit_loses_nothing(
    database: str, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the rows nor the name are there, and the file is."""
    path = write_spool_file(spool, *[row() for _ in range(30)])
    calls: list[int] = []

    def insert(rows: list[Any]) -> int:
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(rows)

    real = insert_module.insert
    monkeypatch.setattr(spool_load, "insert", insert)
    with override_settings(ACCESSLOG_BATCH=20), pytest.raises(KeyboardInterrupt):
        spool_load.load(path)
    assert (AccessLog.objects.count(), LoadedSpool.objects.count(), path.exists()) == (0, 0, True)

    assert spool_load.load(path) == 30
    assert AccessLog.objects.count() == 30


def test_two_loaders_do_not_load_twice(database: str, spool: Path) -> None:
    """Who comes second finds no file."""
    path = write_spool_file(spool, row())

    assert [spool_load.load(path), spool_load.load(path)] == [1, 0]
    assert AccessLog.objects.count() == 1


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1]", b"[", b"\xff", b"[" * 100000, b'["x"' + b',""' * 15 + b"]"]
)
def test_a_line_that_is_no_row_is_skipped(text: bytes) -> None:
    """What a full disk or a stranger left."""
    assert parse_row(text) is None


def test_an_unreadable_line_costs_only_itself(database: str, spool: Path) -> None:
    """And it is counted."""
    path = write_spool_file(spool, row(), row())
    path.write_bytes(path.read_bytes() + b'[179536,"198.51')

    assert spool_load.load(path) == 2
    assert row_counter.read() == {"written": 2, "dropped": 1}


def test_a_row_comes_back_from_its_line() -> None:
    """Also with bytes that no database takes, which are cleaned later."""
    awkward = row(path="a\0b\n\udcff 🦊", ip=None, user_id=7)

    assert parse_row(format_row(awkward)) == awkward
