"""The line of a row, and the row of a line."""

from __future__ import annotations

import time
import uuid
from enum import Enum
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ideolab_accesslog.access.copy_line import COLUMNS, format_row, parse_json_row, parse_row
from ideolab_accesslog.access.row import FIELDS
from ideolab_accesslog.databases.text import clean
from tests.accesslog.rows import row


def test_a_plain_line() -> None:
    """Tabs between the values; what is missing is COPY's word for it."""
    line = format_row(row(user_agent="curl/8", response_bytes=None, view_name="ok"))

    assert line == (
        b"2026-11-22 16:00:00.250000+00:00\t198.51.100.7\t\\N\t200\t\\N\t1.5"
        b"\t\t\tGET\t\t/ok/\t\t\tcurl/8\t\tok\n"
    )


def test_a_status_that_has_a_name() -> None:
    """A view may set a member of http.HTTPStatus, which Python 3.9 and 3.10 write as `HTTPStatus.GONE`."""

    class Status(int, Enum):
        GONE = 410

    assert format_row(row(status_code=Status.GONE)) == format_row(row(status_code=410))


def test_the_columns_are_those_of_a_row() -> None:
    """In another order."""
    assert sorted(COLUMNS) == sorted(FIELDS)


@given(st.lists(st.text(), min_size=10, max_size=10), st.one_of(st.none(), st.integers(0, 2**62)))
def test_any_row_comes_back_from_its_line(texts: list[str], number: Any) -> None:
    """In one line, whatever a client sends; what no database takes is replaced."""
    names = [name for name in FIELDS if isinstance(row()[FIELDS.index(name)], str) and name != "ip"]
    sent = row(**dict(zip(names, texts)), response_bytes=number, user_id=number, ip=None, duration_ms=None)
    line = format_row(sent)

    assert line.count(b"\n") == 1
    assert parse_row(line) == tuple(clean(value) if isinstance(value, str) else value for value in sent)


@pytest.mark.parametrize(
    "text", ["a\0b", "a\udcffb", "日本 🦊", "a\tb\\N\n\\.\r", "\\N", "\\.", "\\", "\x7f\x85"]
)
def test_awkward_texts_come_back(text: str) -> None:
    """COPY's own signs, half characters, NUL."""
    found = parse_row(format_row(row(path=text, user_agent=text)))

    assert found == row(path=clean(text), user_agent=clean(text))


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"{}\n", b"[1]", b"\xff", b"\t" * 14, b"\t" * 15, b"\t" * 100000, b"\\N" + b"\t" * 15],
)
def test_a_line_that_is_no_row_is_none(line: bytes) -> None:
    """What a full disk or a stranger left."""
    assert parse_row(line) is None


@pytest.mark.parametrize("ts", ["never", 1e30, float("nan"), None])
def test_a_time_that_is_none_is_an_error_of_the_row(ts: Any) -> None:
    """As databases have it."""
    with pytest.raises((ValueError, TypeError, OverflowError)):
        format_row(row(ts=ts))


def test_sites_without_time_zones_have_local_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's `timestamp` takes the digits and drops the zone; a reader here needs it."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        with override_settings(USE_TZ=False):
            line = format_row(row())
            assert line.startswith(b"2026-11-22 21:30:00.250000+05:30\t")
        assert parse_row(line) == row()
        assert format_row(row()).startswith(b"2026-11-22 16:00:00.250000+00:00\t")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_user_s_key_may_be_a_text() -> None:
    """Or a UUID; its field makes a value of it again."""
    key = uuid.UUID(int=7)

    assert format_row(row(user_id=key)).split(b"\t")[2] == b"00000000-0000-0000-0000-000000000007"
    assert format_row(row(user_id="a\tb")).split(b"\t")[2] == b"a\\tb"


JSON = b'[1795363200.25,null,"",7,"","GET","","a\\u0000b","","","","",200,12,1.5,""]\n'


def test_lines_of_earlier_versions_are_read() -> None:
    """They were JSON."""
    assert parse_json_row(JSON) == row(ip=None, user_id=7, path="a\0b")


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[1]", b"[", b"\xff", b"[" * 100000, b'["x"' + b',""' * 15 + b"]"]
)
def test_json_that_is_no_row_is_none(line: bytes) -> None:
    """Neither is what a full disk left of it."""
    assert parse_json_row(line) is None
