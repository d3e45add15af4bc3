"""Instants in UTC, whatever the site's settings are."""

from __future__ import annotations

from ideolab_accesslog.dashboard.instants import UTC, floor, read_clock, to_iso
from tests.accesslog.dashboard.samples import NOW


def test_the_beginning_of_a_step() -> None:
    """Counted from 1970, so days and hours are those of UTC."""
    assert [floor(NOW, step_s).isoformat() for step_s in (60, 3600, 86400)] == [
        *("2026-11-22T14:52:00+00:00", "2026-11-22T14:00:00+00:00", "2026-11-22T00:00:00+00:00")
    ]


def test_texts() -> None:
    """ISO 8601 with the zone; None stays None."""
    assert (to_iso(NOW), to_iso(None)) == ("2026-11-22T14:52:30+00:00", None)
    assert read_clock().tzinfo is UTC
