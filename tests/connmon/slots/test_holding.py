"""holding: the sentence that says why."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.slots.holding import describe_holding
from ideolab_f2b.connmon.slots.usage import NOTHING, Usage


@pytest.mark.parametrize(
    ("slots", "all_slots", "usage", "what", "text"),
    [
        pytest.param(
            128,
            512,
            Usage(640.4, 0.0, 0.0, 3.2),
            "20 when there was room",
            "the server is full: it holds 128 slots, 25 % of all, 20 when there was room; "
            "in the last 60 s it held 11 on average and got 3 answers",
            id="a quarter",
        ),
        pytest.param(
            0,
            0,
            NOTHING,
            "most of them silent",
            "the server is full: it holds 0 slots, 0 % of all, most of them silent; "
            "in the last 60 s it held 0 on average and got 0 answers",
            id="nothing of nothing",
        ),
    ],
)
def test_the_reason(slots: int, all_slots: int, usage: Usage, what: str, text: str) -> None:
    """People read numbers, and no address: the line has it already."""
    assert describe_holding(slots, all_slots, usage, what, 60.0) == text
