"""The line of an event for PostgreSQL's COPY."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ideolab_accesslog.events.row import EventRow

#: COPY's word for no value
_NULL = "\\N"
#: what a text may have only behind a backslash
_TABLE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def format_row(row: EventRow, to_stored: Callable[[datetime], datetime]) -> bytes:
    """Return the line of one row; `to_stored` gives a time the zone in which the site stores times."""
    parts = [_NULL if value is None else _format(value, to_stored) for value in row]
    return f"{chr(9).join(parts)}\n".encode()


def _format(value: Any, to_stored: Callable[[datetime], datetime]) -> str:
    if value.__class__ is str:
        return str(value if value.isalnum() else value.translate(_TABLE))
    return str(value) if value.__class__ is int else to_stored(value).isoformat(" ")
