"""The spool: nothing is lost, nothing is there twice, and the disk is not filled."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from ideolab_accesslog.access import insert as insert_module
from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.sinks import spool as module
from ideolab_accesslog.access.sinks import spool_file, spool_load
from ideolab_accesslog.access.sinks.spool_load import format_row, parse_row
from ideolab_accesslog.models import AccessLog, LoadedSpool
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "spool"
    with override_settings(ACCESSLOG_SINK="spool", ACCESSLOG_SPOOL=str(directory)):
        yield directory


def closed(directory: Path, *rows: Any) -> Path:
    """A file as a process that ended properly leaves it."""
    file = spool_file.create(directory)
    for each in rows:
        file.append(format_row(each))
    file.release()
    return file.path


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_rows_go_through_the_file_into_the_table(database: str, spool: Path) -> None:
    """And the file goes."""
    awkward = row(path="a\0b\n\udcff 🦊", ip=None, user_id=7)
    recorder.record(awkward)
    recorder.record(row())
    assert len(list(spool.iterdir())) == 1

    assert recorder.flush()
    assert list(spool.iterdir()) == []
    first, second = AccessLog.objects.order_by("id")
    assert (first.path, first.user_id, second.path) == ("a\ufffdb\n? 🦊", 7, "/ok/")
    assert LoadedSpool.objects.count() == 0


def test_a_crash_between_commit_and_removal_doubles_nothing(
    database: str, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was stored with the rows."""
    path = closed(spool, row(), row())
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
    path = closed(spool, *[row() for _ in range(30)])
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
    path = closed(spool, row())

    assert [spool_load.load(path), spool_load.load(path)] == [1, 0]
    assert AccessLog.objects.count() == 1


def test_a_killed_process_leaves_its_rows_to_the_next(database: str, spool: Path) -> None:
    """kill -9 in the middle: what was recorded is in its file, and the lock on it is gone."""
    child = os.fork()
    if child == 0:
        for _ in range(7):
            recorder.record(row())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    out = StringIO()
    call_command("load_accesslog_spool", stdout=out)

    assert out.getvalue() == "7 rows from 1 files\n"
    assert AccessLog.objects.count() == 7


def test_the_file_of_a_living_process_is_left_alone(database: str, spool: Path) -> None:
    """It still appends to it."""
    recorder.record(row())
    out = StringIO()
    call_command("load_accesslog_spool", stdout=out)

    assert out.getvalue() == "0 rows from 0 files\n"
    assert recorder.flush()
    assert AccessLog.objects.count() == 1


def test_the_command_keeps_the_files_when_the_database_refuses(database: str, spool: Path) -> None:
    """And says so."""
    path = closed(spool, row())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE ideolab_accesslog_accesslog")
    with pytest.raises(CommandError, match="the files are kept"):
        call_command("load_accesslog_spool")

    assert path.exists()
    call_command("migrate", "ideolab_accesslog", "zero", verbosity=0, fake=True)


def test_a_fork_does_not_write_into_its_parent_s_file(database: str, spool: Path) -> None:
    """It opens its own, and its end takes nobody's lock."""
    recorder.record(row())
    child = os.fork()
    if child == 0:
        recorder.record(row())
        os._exit(0)
    os.waitpid(child, 0)

    mine, other = sorted(path.stat().st_size for path in spool.iterdir())
    assert mine == other
    assert len(list(spool_file.orphans(spool))) == 1


def test_a_spool_that_cannot_be_written_is_counted(spool: Path) -> None:
    """The page is answered all the same."""
    spool.parent.joinpath("spool").write_text("no directory")
    recorder.record(row())

    assert row_counter.read() == {"written": 0, "dropped": 1}


def test_the_disk_is_not_filled(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ACCESSLOG_SPOOL_MAX_MB is the end; the rest is counted."""

    def refuse(_path: Path) -> int:
        raise OSError("the database is down")

    monkeypatch.setattr(module, "load", refuse)
    with override_settings(ACCESSLOG_SPOOL_MAX_MB=0.001):
        for _ in range(20):
            recorder.record(row())
        assert not recorder.flush()
        assert not recorder.flush()
        recorder.record(row())

    assert recorder.counts() == {"waiting": 20, "written": 0, "dropped": 1}


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[1]", b"[", b"\xff", b"[" * 100000, b'["x"' + b',""' * 15 + b"]"]
)
def test_a_line_that_is_no_row_is_skipped(text: bytes) -> None:
    """What a full disk or a stranger left."""
    assert parse_row(text) is None


def test_an_unreadable_line_costs_only_itself(database: str, spool: Path) -> None:
    """And it is counted."""
    path = closed(spool, row(), row())
    path.write_bytes(path.read_bytes() + b'[179536,"198.51')

    assert spool_load.load(path) == 2
    assert row_counter.read() == {"written": 2, "dropped": 1}
