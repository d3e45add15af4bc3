"""connection: the values everything else agrees on."""

from __future__ import annotations

from ideolab_f2b.connmon.connection import Connection, Row, Verdict
from tests.connmon.crowd import connection


def test_a_connection_is_a_row() -> None:
    """The kernel reader's plain tuples and the reader of ss have the same fields in the same order."""
    assert len(Connection._fields) == len(Row.__args__) == 19  # type: ignore[attr-defined]
    row = tuple(connection(received=5, rwnd_limited_us=7))
    assert (row[14], row[18], Connection._make(row).received) == (5, 7, 5)


def test_a_verdict_explains_only_when_asked() -> None:
    """An empty verdict has an empty table."""
    assert Verdict().table() == []
