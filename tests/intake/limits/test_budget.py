"""budget: what is still written when a log has grown too fast."""

from __future__ import annotations

from ideolab_f2b.intake.limits.budget import FEW_LINES, HOUR_S, Budget

MANY = FEW_LINES + 1


def budget(spent: int) -> Budget:
    """Return one of 1,000 bytes an hour of which so many are spent."""
    made = Budget(1000)
    made.advance(0.0)
    made.spend(spent)
    return made


def test_a_quiet_log_writes_everything() -> None:
    """Half of it may go on what only the modes for a look read."""
    assert budget(499).is_ample
    assert budget(499).allows(False, MANY)


def test_what_no_jail_counts_stops_first() -> None:
    """Then clients with many lines, then all."""
    assert not budget(500).is_ample
    assert [budget(500).allows(False, 1), budget(500).allows(True, MANY)] == [False, True]
    assert [budget(750).allows(True, MANY), budget(750).allows(True, FEW_LINES)] == [False, True]
    assert not budget(1000).allows(True, 1)


def test_time_fills_it_again() -> None:
    """An hour from nothing to all, and never more."""
    made = budget(1000)
    made.advance(HOUR_S / 10)
    assert made.allows(True, 1) and not made.allows(True, MANY)
    made.advance(10 * HOUR_S)
    made.spend(500)
    assert not made.is_ample
