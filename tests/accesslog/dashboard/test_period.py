"""The periods and their steps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ideolab_accesslog.dashboard.period import PERIODS, choose
from tests.accesslog.dashboard.samples import NOW


@pytest.mark.parametrize(
    ("name", "first", "last", "steps"),
    [
        ("1h", "2026-11-22T13:53:00+00:00", "2026-11-22T14:52:00+00:00", 60),
        ("24h", "2026-11-21T15:00:00+00:00", "2026-11-22T14:00:00+00:00", 24),
        ("7d", "2026-11-15T18:00:00+00:00", "2026-11-22T12:00:00+00:00", 28),
        ("30d", "2026-10-24T00:00:00+00:00", "2026-11-22T00:00:00+00:00", 30),
    ],
)
def test_steps(name: str, first: str, last: str, steps: int) -> None:
    """The last one is the one of now."""
    starts = [start.isoformat() for start in choose(name).list_starts(NOW)]

    assert (starts[0], starts[-1], len(starts)) == (first, last, steps)


def test_an_unknown_period_is_the_default() -> None:
    """Whatever the address says."""
    assert [choose(name).name for name in ("", "1y", "24h\n", "7d")] == ["24h", "24h", "24h", "7d"]


def test_lengths() -> None:
    """Each period is as long as its name says."""
    assert [period.length for period in PERIODS.values()] == [
        *(timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
    ]
