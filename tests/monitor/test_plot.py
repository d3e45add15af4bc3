"""The drawing of the preview: units as Grafana writes them, layers that add up."""

from __future__ import annotations

import math
import re

import pytest

from tests.monitor import plot, unit


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (0.0, "s", "0 s"),
        (0.0123, "s", "12.3 ms"),
        (90.0, "s", "90 s"),
        (0.85, "percentunit", "85 %"),
        (2.29e-05, "percentunit", "0 %"),
        (146.0, "short", "146"),
        (12_345.0, "short", "12 k"),
        (0.25, "pps", "0.25 p/s"),
        (math.nan, "short", "-"),
    ],
)
def test_units(value: float, name: str, text: str) -> None:
    """Short enough for an axis."""
    assert unit.text(value, name) == text


def test_stacked_layers_lie_on_each_other() -> None:
    """The upper edge of one is the lower edge of the next; the highest fits."""
    drawn = plot.svg([[(0.0, 1.0), (10.0, 1.0)], [(0.0, 2.0), (10.0, 2.0)]], (400, 200), (0.0, 10.0), "short",
                     is_stacked=True)  # fmt: skip
    lower, upper = (re.findall(r'points="([^"]*)" fill="none"', drawn)[number].split() for number in (0, 1))
    bands = [set(points.split()) for points in re.findall(r'<polygon points="([^"]*)"', drawn)]

    assert set(lower) <= bands[0] & bands[1]
    assert set(upper) <= bands[1]
    assert min(float(point.partition(",")[2]) for point in upper) >= 8.0


def test_a_threshold_out_of_sight_is_not_drawn() -> None:
    """It would only flatten what is there."""
    points = [[(0.0, 1.0), (10.0, 3.0)]]

    assert 'class="limit"' in plot.svg(points, (400, 200), (0.0, 10.0), "s", limit=2.0)
    assert 'class="limit"' not in plot.svg(points, (400, 200), (0.0, 10.0), "s", limit=5.0)


def test_gaps_and_nothing_at_all_can_be_drawn() -> None:
    """NaN is what a quantile of nothing is."""
    assert "polyline" in plot.svg([[(0.0, math.nan), (5.0, 1.0)]], (400, 200), (0.0, 10.0), "s")
    assert "polyline" not in plot.svg([], (400, 200), (0.0, 10.0), "s")
