"""The line of an event for PostgreSQL's COPY."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ideolab_accesslog.events.rows.row import FIELDS, EventRow

#: COPY's word for no value: no text of an event is empty
NULL = ""
#: all values but the last, which is `raw`
_HEAD = "%s\t" * (len(FIELDS) - 1)
_UNTIL = FIELDS.index("until")
_CREATED_AT = FIELDS.index("created_at")
#: what a text may have only behind a backslash
_TABLE = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def format_row(row: EventRow, write_time: Callable[[datetime], str]) -> str:
    """Return the line of one row; `write_time` makes the text of a time as the site stores it."""
    values = [NULL if value is None else value for value in row]
    raw = str(values.pop())
    values[0], values[_CREATED_AT] = write_time(row.ts), write_time(row.created_at)
    if row.until is not None:
        values[_UNTIL] = write_time(row.until)
    head = _HEAD % tuple(values)
    # hardly a row has one of these: to look at each text costs several times as much
    if "\\" in head or "\n" in head or "\r" in head or head.count("\t") != len(values):
        head = _HEAD % tuple([str(value).translate(_TABLE) for value in values])
    # JSON of ASCII has no other of these characters
    return f"{head}{raw}\n" if "\\" not in raw else head + raw.replace("\\", "\\\\") + "\n"
