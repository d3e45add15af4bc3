"""manage.py load_accesslog_spool."""

from __future__ import annotations

import os
import signal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ideolab_accesslog.access import recorder
from ideolab_accesslog.models import AccessLog
from tests.accesslog.rows import row, write_spool_file


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
    path = write_spool_file(spool, row())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE ideolab_accesslog_accesslog")
    with pytest.raises(CommandError, match="the files are kept"):
        call_command("load_accesslog_spool")

    assert path.exists()
    call_command("migrate", "ideolab_accesslog", "zero", verbosity=0, fake=True)


def test_a_sites_tests_leave_the_sites_spool_alone(database: str, spool: Path, settings: Any) -> None:
    """Its rows would go with the test database. A directory that the test names is the test's."""
    settings.ACCESSLOG_TESTING = True
    path = write_spool_file(spool, row())
    with pytest.raises(CommandError, match="this process runs tests: see --directory"):
        call_command("load_accesslog_spool")
    assert path.exists()

    path = write_spool_file(spool.with_name("other"), row())
    call_command("load_accesslog_spool", directory=str(path.parent), stdout=StringIO())
    assert AccessLog.objects.count() == 1
