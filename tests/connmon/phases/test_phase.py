"""phase: names that log lines and metrics have."""

from __future__ import annotations

from ideolab_f2b.connmon.phases import phase
from ideolab_f2b.connmon.phases.phase import HALF_OPEN, HOSTILE, IDLE, PHASES, TRICKLE


def test_names() -> None:
    """The names are a contract with log lines and metrics."""
    assert (PHASES[:5], PHASES[TRICKLE], PHASES[IDLE], PHASES[HALF_OPEN]) == (
        ("mute", "partial-hello", "handshake-only", "trickle", "slow-read"),
        "trickle",
        "idle",
        "half-open",
    )


def test_the_codes_that_are_no_phases_stand_behind_them() -> None:
    """A list of counts has the phases first, and one place more for the young."""
    assert (HOSTILE, len(PHASES), phase.YOUNG) == (5, 10, 10)
    assert phase.YOUNG < phase.LEFT_STUCK < phase.SILENT < phase.UNANSWERED < phase.FRESH < phase.STUCK
