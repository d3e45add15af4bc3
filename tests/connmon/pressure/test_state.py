"""state: the words that people and programs read."""

from __future__ import annotations

from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, STATES, Pressure, SlotUse


def test_the_states_are_numbered_from_good_to_bad() -> None:
    """Their places are the numbers of the metric."""
    assert (CALM, BUSY, EXHAUSTED) == STATES == ("calm", "busy", "exhausted")


def test_the_fields_have_these_names() -> None:
    """What decides who is banned takes them by name."""
    assert SlotUse._fields == ("slots", "reusable", "waiting")
    assert Pressure._fields == (
        "state", "slots", "capacity", "capacity_source", "waiting", "backlog", "why", "since",
    )  # fmt: skip
