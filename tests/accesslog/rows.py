"""Rows for tests, and files of the spool with rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ideolab_accesslog.access.copy_line import format_row
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.access.sinks import spool_file


def row(**fields: Any) -> Row:
    """A row of a plain request; `fields` replace its values."""
    plain = {
        **dict.fromkeys(FIELDS, ""),
        "ts": 1795363200.25,
        "ip": "198.51.100.7",
        "user_id": None,
        "method": "GET",
        "path": "/ok/",
        "status_code": 200,
        "response_bytes": 12,
        "duration_ms": 1.5,
    }
    return tuple({**plain, **fields}.values())


def write_spool_file(directory: Path, *rows: Any) -> Path:
    """A file as a process that ended properly leaves it."""
    file = spool_file.create(directory)
    for each in rows:
        file.append(format_row(each))
    file.release()
    return file.path
