"""snapshot: the connections of one port at one instant."""

from __future__ import annotations

from ideolab_f2b.connmon.snapshot import Snapshot


def test_a_snapshot_of_the_kernel_skips_nothing() -> None:
    """Only a saved text has lines that cannot be read."""
    assert Snapshot(0.0, 443, []).skipped == 0
