"""Rows that were written and dropped."""

from __future__ import annotations

from typing import Any

import pytest

from ideolab_accesslog import signals
from ideolab_accesslog.access.counts import RowCounter


def test_results_are_counted() -> None:
    """Until a reset."""
    counter = RowCounter()
    counter.add_written_rows(5)
    counter.add_dropped_rows(2, "the queue is full")
    assert counter.read() == {"written": 5, "dropped": 2}

    counter.reset()
    assert counter.read() == {"written": 0, "dropped": 0}


def test_dropped_rows_are_signalled_by_reason_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """The next warning comes after rows were written again."""
    heard: list[tuple[int, str]] = []

    def listen(count: int, why: str, **_others: Any) -> None:
        heard.append((count, why))

    signals.dropped.connect(listen)
    counter = RowCounter()
    counter.add_dropped_rows(1, "full")
    counter.add_dropped_rows(2, "full")
    counter.report()
    counter.add_dropped_rows(4, "full")
    counter.report()
    counter.report()
    counter.add_written_rows(1)
    counter.add_dropped_rows(8, "refused")
    counter.report()

    assert heard == [(3, "full"), (4, "full"), (8, "refused")]
    assert caplog.messages == [
        "access log: 3 rows dropped (full); the rest is only counted",
        "access log: 8 rows dropped (refused); the rest is only counted",
    ]
