"""What an import that has ended says: the thing, and the way out."""

from __future__ import annotations

import pytest
from django.db import OperationalError, ProgrammingError

from ideolab_accesslog.events.fault import describe


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            PermissionError(13, "Permission denied", "/log/e.jsonl"),
            "[Errno 13] Permission denied: '/log/e.jsonl': "
            "`sudo ideolab-f2b install --django USER` lets the site's user read it",
        ),
        (
            FileNotFoundError(2, "No such file or directory", "/log"),
            "[Errno 2] No such file or directory: '/log': "
            "`sudo ideolab-f2b install --django USER` makes it, --file names another",
        ),
        (IsADirectoryError("/log is no file"), "/log is no file: --file names another"),
        (OperationalError("server closed the connection\nmore"), "server closed the connection"),
        (OperationalError(), "OperationalError"),
        (
            ProgrammingError('relation "ideolab_accesslog_eventoffset" does not exist\nLINE 1: SELECT'),
            'relation "ideolab_accesslog_eventoffset" does not exist: run `manage.py migrate`',
        ),
        (
            OperationalError("no such table: ideolab_accesslog_eventoffset"),
            "no such table: ideolab_accesslog_eventoffset: run `manage.py migrate`",
        ),
        (
            OperationalError("attempt to write a readonly database"),
            "attempt to write a readonly database: a unit of systemd needs ReadWritePaths= of its directory "
            "(docs/cron.md), others its owner",
        ),
    ],
)
def test_an_error_has_a_way_out(error: Exception, text: str) -> None:
    """In one line, for a journal."""
    assert describe(error) == text
