"""columns: rows of text as a table."""

from __future__ import annotations

from ideolab_f2b.columns import align, format_json


def test_each_column_is_as_wide_as_its_longest_cell() -> None:
    """The last one has no spaces behind it."""
    rows = [("address", "jail", "origin"), ("198.51.100.7", "-", ""), ("2001:db8::1", "sshd", "AS64500 a b")]

    assert align(rows) == [
        "address       jail  origin",
        "198.51.100.7  -",
        "2001:db8::1   sshd  AS64500 a b",
    ]


def test_no_rows_are_no_lines() -> None:
    """An empty table is empty."""
    assert align([]) == []


def test_a_line_of_json() -> None:
    """The version and the time come first, and nothing breaks the line or leaves ASCII."""
    assert format_json({"address": "198.51.100.7", "why": "é\n"}, 1795359121.23456) == (
        '{"version":1,"t":1795359121.235,"address":"198.51.100.7","why":"\\u00e9\\n"}'
    )
