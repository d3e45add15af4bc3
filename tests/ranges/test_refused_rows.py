"""What was not taken, in words."""

from __future__ import annotations

from ideolab_f2b.ranges.refused_rows import RefusedRows


def test_reasons_are_counted_and_the_first_row_is_quoted() -> None:
    """With what is not printable escaped, and no more of it than a line holds."""
    refusals = RefusedRows()
    refusals.add("reversed", "1,0,\x1b[2J" + "x" * 100)
    refusals.add("reversed", "9,8,FR")
    refusals.add("no row", "?")

    assert list(refusals.describe()) == [
        r'2 rows: reversed (first: "1,0,\x1b[2J' + "x" * 52 + '")',
        '1 row: no row (first: "?")',
    ]
    assert (refusals.total, refusals.by_reason, refusals.nested) == (3, {"reversed": 2, "no row": 1}, 0)
