"""The spool: nothing is lost, nothing is there twice, and the disk is not filled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.test import override_settings

from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.access.sinks import spool as module
from ideolab_accesslog.access.sinks import spool_file
from ideolab_accesslog.models import AccessLog, LoadedSpool
from tests.accesslog.conftest import VENDORS
from tests.accesslog.rows import row


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
