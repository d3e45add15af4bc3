"""What an attacker has written into an event is read within bounds."""

from __future__ import annotations

import pytest

from ideolab_accesslog.dashboard.detail.raw import ENTRIES, LONGEST, describe_entries, parse_raw


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[1]",
        "{",
        "[" * 40_000,
        '{"a":' * 9000 + "1" + "}" * 9000,
        f'{{"a": "{"x" * LONGEST}"}}',
        7,
    ],
)
def test_what_is_no_object_is_empty(text: object) -> None:
    """Also what is nested too deeply, and what is too long."""
    assert parse_raw(text) == {}


def test_an_object() -> None:
    """As it was written."""
    assert parse_raw('{"phases": {"idle": 3}}') == {"phases": {"idle": 3}}


def test_entries_are_printable_and_few() -> None:
    """Objects inside are left out."""
    found = {"a\n": "b\u202e", "c": 1, "d": {"e": 2}, "f": ["g"], "h": None}

    assert describe_entries(found) == "a\\x0a=b\\u202e, c=1"
    assert describe_entries({"idle": 3, "tls": 2}, " ") == "idle 3, tls 2"
    assert describe_entries({str(number): "x" * 1000 for number in range(99)}).count(", ") == ENTRIES - 1
    assert [describe_entries(other) for other in (None, [1], "x")] == ["", "", ""]
