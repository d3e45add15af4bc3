"""Lines of access logs, whoever wrote what is in them."""

from __future__ import annotations

import calendar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.visitors import log_line

HOUR = float(calendar.timegm((2026, 11, 29, 21, 0, 0)))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('198.51.100.7 - - [29/Nov/2026:21:40:00 +0000] "GET / HTTP/1.1" 200 "-"', (b"198.51.100.7", HOUR)),
        ('2001:db8::1 - al [x] ice [29/Nov/2026:22:40:00 +0100] "GET /" 200 5', (b"2001:db8::1", HOUR)),
        ('{"ip":"198.51.100.7","time":"2026-11-29T16:10:00-05:00","status":"200"}', (b"198.51.100.7", HOUR)),
        ('{"ip":"2001:db8::1","time":"2026-11-29T21:59:59+00:00","status":"200"}', (b"2001:db8::1", HOUR)),
        ("2026/11/29 21:40:00 [error] 1#1: *1 open() failed, client: 198.51.100.7", None),
        ('client.example - - [29/Nov/2026:21:40:00 +0000] "GET / HTTP/1.1" 200 5', None),
        ('198.51.100.7 - - [29/Abc/2026:21:40:00 +0000] "GET / HTTP/1.1" 200 5', None),
        ("", None),
    ],
)  # fmt: skip
def test_split(line: str, found: tuple[bytes, float] | None) -> None:
    """The first field is the address; what a client chose moves nothing."""
    assert log_line.split(line.encode()) == found


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("198.51.100.7", (4, 0xC6336407, 32)),
        ("::ffff:198.51.100.7", (4, 0xC6336407, 32)),
        ("2001:db8:1:2:3::4", (6, 0x20010DB8000100020000000000000000, 64)),
        ("2001:0:1::4", (6, 0x20010000000100000000000000000004, 128)),
        ("198.51.100", None),
        (":", None),
    ],
)
def test_client(text: str, key: tuple[int, int, int] | None) -> None:
    """An IPv6 client is its /64, but where many share one."""
    assert log_line.client(text.encode()) == key


@given(st.binary(max_size=300))
def test_any_bytes(line: bytes) -> None:
    """Nothing that a stranger writes raises."""
    found = log_line.split(line)
    assert found is None or log_line.client(found[0]) is None or isinstance(found[1], float)


@given(st.from_regex(log_line._COMBINED.pattern, fullmatch=True))
def test_dates_that_none_has(line: bytes) -> None:
    """The 99th at 99 o'clock, in a zone of 99 hours."""
    log_line.split(line)


@given(st.from_regex(log_line._OURS.pattern, fullmatch=True))
def test_dates_of_ours_that_none_has(line: bytes) -> None:
    """A month 99, the year 0."""
    log_line.split(line)
