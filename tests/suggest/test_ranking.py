"""The share that is banned for certain, and the rank that follows from it."""

from __future__ import annotations

import pytest

from ideolab_f2b.suggest.ranking import find_lower_bound, find_score


@pytest.mark.parametrize(
    ("banned", "size", "bound"),
    [
        (0, 256, 0.0), (5, 0, 0.0), (1, 256, 0.0009), (5, 256, 0.0095), (64, 256, 0.2083), (128, 256, 0.4489),
        (256, 256, 0.9895), (300, 256, 0.9895), (64, 4096, 0.0127), (400, 4_718_592, 0.0001),
    ],
)  # fmt: skip
def test_lower_bound(banned: int, size: int, bound: float) -> None:
    """One ban in a /24 is no share; more than there are is all."""
    assert round(find_lower_bound(banned, size), 4) == bound


def test_score() -> None:
    """Of two equal shares the one with more bans comes first."""
    assert find_score(0.25, 3) == 0.5
    assert find_score(0.25, 63) == 1.5
