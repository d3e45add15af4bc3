"""Spool files are loaded exactly once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from ideolab_accesslog.access import copy
from ideolab_accesslog.access import insert as insert_module
from ideolab_accesslog.access.copy_line import format_row
from ideolab_accesslog.access.counts import RowCounter, row_counter
from ideolab_accesslog.access.sinks import spool_file, spool_load
from ideolab_accesslog.models import AccessLog, LoadedSpool
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row, write_spool_file

on_each_database = pytest.mark.parametrize("database", VENDORS, indirect=True)


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

    def insert(rows: list[Any], counter: RowCounter) -> int:
        calls.append(len(rows))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(rows, counter)

    real = insert_module.insert
    monkeypatch.setattr(spool_load, "insert", insert)
    with override_settings(ACCESSLOG_BATCH=20), pytest.raises(KeyboardInterrupt):
        spool_load.load(path)
    assert (AccessLog.objects.count(), LoadedSpool.objects.count(), path.exists()) == (0, 0, True)

    assert spool_load.load(path) == 30
    assert AccessLog.objects.count() == 30
    # what was rolled back was not written
    assert row_counter.read() == {"written": 30, "dropped": 0}


def test_two_loaders_do_not_load_twice(database: str, spool: Path) -> None:
    """Who comes second finds no file."""
    path = write_spool_file(spool, row())

    assert [spool_load.load(path), spool_load.load(path)] == [1, 0]
    assert AccessLog.objects.count() == 1


@on_each_database
def test_an_unreadable_line_costs_only_itself(database: str, spool: Path) -> None:
    """And it is counted; so is a row that the table cannot hold."""
    path = write_spool_file(spool, row(path="/1"), row(status_code=-1), row(path="/\\2\t\0é"))
    path.write_bytes(path.read_bytes() + b'[179536,"198.51\n' + format_row(row(path="/3")))

    assert spool_load.load(path) == 3
    assert row_counter.read() == {"written": 3, "dropped": 2}
    assert list(AccessLog.objects.order_by("id").values_list("path", flat=True)) == [
        *("/1", "/\\2\t\ufffdé", "/3")
    ]


@on_each_database
def test_a_line_that_ends_copy_costs_only_itself(database: str, spool: Path) -> None:
    """For COPY nothing stands behind it."""
    path = write_spool_file(spool, row(path="/1"))
    path.write_bytes(path.read_bytes() + b"\\.\n" + format_row(row(path="/2")))

    assert spool_load.load(path) == 2
    assert row_counter.read() == {"written": 2, "dropped": 1}
    assert list(AccessLog.objects.order_by("id").values_list("path", flat=True)) == ["/1", "/2"]


@on_each_database
def test_files_of_earlier_versions_are_loaded(database: str, spool: Path) -> None:
    """An update finds what the version before it has left."""
    path = write_spool_file(spool)
    former = path.with_suffix(".jsonl")
    line = b'[1795363200.25,"198.51.100.7","",7,"","GET","","/a\\u0000","","","","",200,12,1.5,""]\n'
    former.write_bytes(line)
    path.unlink()

    assert [orphan.path for orphan in spool_file.orphans(spool)] == [former]
    assert spool_file.size(spool) == former.stat().st_size
    assert spool_load.load(former) == 1
    assert AccessLog.objects.values_list("path", "user_id").get() == ("/a\ufffd", 7)
    assert not former.exists()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_key_of_the_site_s_own_kind_is_prepared(
    database: str, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a file is not given to COPY as it is."""
    path = write_spool_file(spool, row(user_id=7))
    monkeypatch.setattr(copy, "is_key_plain", lambda: False)
    monkeypatch.setattr(spool_load, "_copy_file", lambda *_arguments: 1 // 0)

    assert spool_load.load(path) == 1
    assert AccessLog.objects.get().user_id == 7
