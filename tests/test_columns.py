"""columns: rows of text as a table."""

from __future__ import annotations

from ideolab_f2b.columns import align


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
