"""state: the words that people and programs read."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.pressure.state import (
    BUSY,
    CALM,
    EXHAUSTED,
    STATES,
    UNKNOWN,
    Pressure,
    SlotUse,
    find_worst,
)


def test_the_states_are_numbered_from_good_to_bad() -> None:
    """Their places are the numbers of the metric."""
    assert (CALM, BUSY, EXHAUSTED) == STATES == ("calm", "busy", "exhausted")


def test_the_fields_have_these_names() -> None:
    """What decides who is banned takes them by name."""
    assert SlotUse._fields == ("slots", "reusable", "waiting")
    assert Pressure._fields == (
        "state", "slots", "capacity", "capacity_source", "waiting", "backlog", "why", "since",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([], UNKNOWN),
        ([CALM, CALM], CALM),
        ([CALM, EXHAUSTED, BUSY], EXHAUSTED),
        ([BUSY, UNKNOWN], BUSY),
        ([CALM, UNKNOWN], UNKNOWN),
    ],
)
def test_the_worst_of_several_servers(states: list[str], worst: str) -> None:
    """Not all are calm while one of them is unknown."""
    assert find_worst(states) == worst
