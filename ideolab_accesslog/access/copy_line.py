"""The line of a row in a spool file: the text format of COPY, so that PostgreSQL loads the file as it is."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, Callable, Optional

from django.conf import settings
from django.core.exceptions import ValidationError

from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.conf import drop_on_change
from ideolab_accesslog.databases.text import clean
from ideolab_accesslog.models import AccessLog

#: the order of the columns in a line: all that are texts of the request come last
COLUMNS = (
    *("ts", "ip", "user_id", "status_code", "response_bytes", "duration_ms"),
    *("forwarded_for", "session_key", "method", "host", "path", "query_string", "referer", "user_agent"),
    *("accept_language", "view_name"),
)
#: COPY's word for no value
_NULL = "\\N"
#: what a text may have in a line only behind a backslash, or not at all
_SPECIAL = bytes(range(32)) + b"\\"
#: the tabs between the ten texts
_TABS = 9
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_TABLE = str.maketrans(_ESCAPES)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ORIGINALS = {escape[1]: original for original, escape in _ESCAPES.items()}


def format_row(row: Row) -> bytes:
    """Return the line of one row, as COPY and `parse_row` read it."""
    ts, ip, forwarded_for, user, session, method, host, path, query = row[:9]
    referer, agent, language, status, size, duration, view = row[9:]
    texts = (forwarded_for, session, method, host, path, query, referer, agent, language, view)
    try:
        end = "\t".join(texts).encode()
    except UnicodeEncodeError:
        end = b""
    # one step for all texts: hardly a request has such a character
    if len(end.translate(None, _SPECIAL)) + _TABS != len(end):
        end = "\t".join(map(_escape, texts)).encode()
    second = int(ts)
    start = (
        _format_second(second) % ((ts - second) * 1e6),
        ip or _NULL,
        _NULL if user is None else _escape(str(user)),
        # a view may set a member of http.HTTPStatus, whose str() was its name before Python 3.11
        str(int(status)),
        _NULL if size is None else str(size),
        _NULL if duration is None else str(duration),
        "",
    )
    return b"%b%b\n" % ("\t".join(start).encode(), end)


def _escape(text: str) -> str:
    return clean(text).translate(_TABLE)


@lru_cache(maxsize=4)
def _format_second(second: int) -> str:
    """Return the time with a place for microseconds. Without USE_TZ the database takes the local digits."""
    moment = datetime.fromtimestamp(second, timezone.utc)
    text = (moment if settings.USE_TZ else moment.astimezone()).isoformat(" ")
    return f"{text[:19]}.%06d{text[19:]}"


drop_on_change(_format_second.cache_clear)


def parse_row(line: bytes) -> Optional[Row]:
    """Return the row of one line; None for what is no row (a disk that was full, a foreign file)."""
    try:
        texts = line.decode().removesuffix("\n").split("\t")
        if len(texts) != len(COLUMNS):
            return None
        values = dict(zip(COLUMNS, map(_read, texts)))
        return tuple([_read_value(name, values[name]) for name in FIELDS])
    except (ValueError, TypeError, ValidationError, OverflowError):
        return None


def parse_json_row(line: bytes) -> Optional[Row]:
    """Return the row of a line as earlier versions wrote it: one list of JSON; None for what is no row."""
    try:
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != len(FIELDS):
            return None
        ts, ip, forwarded_for, user, *others = values
        return (float(ts), ip, forwarded_for, _read_user(user), *others)
    except (ValueError, TypeError, ValidationError, RecursionError):
        return None


def _read(text: str) -> Optional[str]:
    if "\\" not in text:
        return text
    return None if text == _NULL else _ESCAPE.sub(lambda found: _ORIGINALS.get(found[1], found[1]), text)


def _read_value(name: str, text: Optional[str]) -> Any:
    read = _READERS.get(name)
    return text if read is None or text is None else read(text)


def _read_user(value: Any) -> Any:
    return AccessLog._meta.get_field("user").target_field.to_python(value)


_READERS: dict[str, Callable[[str], Any]] = {
    "ts": lambda text: datetime.fromisoformat(text).timestamp(),
    "user_id": _read_user,
    "status_code": int,
    "response_bytes": int,
    "duration_ms": float,
}
