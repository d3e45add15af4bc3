"""How long a ban is, and how long its element."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.actions import ttl


@pytest.mark.parametrize(
    ("text", "ceiling_s", "seconds"),
    [
        ("86400", -1, 86400),
        (" 600 ", -1, 600),
        ("0600", -1, 600),
        ("-1", -1, -1),
        ("permanent", -1, -1),
        ("600", 3600, 600),
        ("315360000", -1, 315360000),
    ],
)
def test_ban_time(text: str, ceiling_s: int, seconds: int) -> None:
    """Seconds, -1 or permanent."""
    assert ttl.ban_time(text, ceiling_s) == (seconds, "")


@pytest.mark.parametrize(
    ("text", "ceiling_s", "seconds", "complaint"),
    [
        ("soon", -1, 86400, "ttl='soon' is no time; 86400 s are used"),
        ("", -1, 86400, "ttl='' is no time; 86400 s are used"),
        ("0", -1, 86400, "ttl='0' is no time; 86400 s are used"),
        ("-7", -1, 86400, "ttl='-7' is no time; 86400 s are used"),
        ("24h", -1, 86400, "ttl='24h' is no time; 86400 s are used"),
        ("1e9", -1, 86400, "ttl='1e9' is no time; 86400 s are used"),
        ("٣", -1, 86400, "ttl='٣' is no time; 86400 s are used"),
        ("315360001", -1, 315360000, "ttl='315360001' is above ten years; 315360000 s are used"),
        ("9" * 99, -1, 315360000, f"ttl='{'9' * 40}' is above ten years; 315360000 s are used"),
        ("permanent", 3600, 3600, "ttl='permanent' is above the longest ban of the jail; 3600 s are used"),
        ("7200", 3600, 3600, "ttl='7200' is above the longest ban of the jail; 3600 s are used"),
        (
            "permanent",
            315360001,
            315360000,
            "ttl='permanent' is above the longest ban of the jail; 315360000 s are used",
        ),
    ],
)
def test_bounded_ban_time(text: str, ceiling_s: int, seconds: int, complaint: str) -> None:
    """What is no time is a day, what is too long is cut, and both are told."""
    assert ttl.ban_time(text, ceiling_s) == (seconds, complaint)


@given(st.text(max_size=60), st.one_of(st.just(-1), st.integers(1, 10**9)))
def test_ban_time_of_anything(text: str, ceiling_s: int) -> None:
    """Whatever stands in the line: a time that fail2ban can store, never above the ceiling."""
    seconds, _complaint = ttl.ban_time(text, ceiling_s)

    assert seconds == -1 or 1 <= seconds <= ttl.LONGEST_S
    assert ceiling_s == -1 or 1 <= seconds <= ceiling_s


@pytest.mark.parametrize(
    ("bantime", "ago_s", "left"),
    [
        (3600, 0, 3600),
        (3600, 100.5, 3500),
        (3600, 3599.9, 1),
        (3600, 4000, 1),
        (-1, 100, 0),
        (2147483, 0, 2147483),
        (2147484, 0, 0),
        (2147484, 2, 2147482),
    ],
)
def test_timeout(bantime: int, ago_s: float, left: int) -> None:
    """The time that is left, rounded up; permanent and what the kernel cannot count stay until the unban."""
    assert ttl.timeout(1000.0, bantime, 1000.0 + ago_s) == left
