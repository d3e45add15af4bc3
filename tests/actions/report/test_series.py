"""series: few series of many keys, none of which ever goes back; a histogram as Prometheus wants it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.actions.report.series import KEYS, LIMITS, SERIES, Histogram, TopSeries


def test_the_first_ones_have_room() -> None:
    """As long as there are few, each has a series."""
    top = TopSeries()
    for key in ("FR", "DE", "FR"):
        top.add(key)

    assert top.values() == {("FR",): 2.0, ("DE",): 1.0, ("other",): 0.0}


def test_a_large_one_takes_the_place_of_a_small_one() -> None:
    """When it has doubled it; what it had before is with the others for good."""
    top = TopSeries()
    for number in range(SERIES):
        top.add(f"a{number}", 10)
    for _each in range(30):
        top.add("botnet")

    values = top.values()
    assert (values["botnet",], values["other",], len(values)) == (10.0, 20.0, SERIES + 1)
    assert ("a0",) not in values
    top.add("a0", 100)
    assert top.values()["a0",] == 110.0


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), max_size=200))
def test_no_series_goes_back(steps: list[tuple[int, int]]) -> None:
    """Also one that was away for a while, also over a restart."""
    top, highest = TopSeries(), dict[tuple[str, ...], float]()
    for key, count in steps:
        top.add(str(key), count)
        top = TopSeries.from_json(top.to_json())
        for labels, value in top.values().items():
            assert value >= highest.get(labels, 0.0)
            highest[labels] = value
    assert len(top.values()) <= SERIES + 1
    assert sum(top.own.values()) + top.other == sum(count for _key, count in steps)


def test_memory_is_bounded() -> None:
    """A hundred thousand networks are no reason to remember each."""
    top = TopSeries()
    for number in range(5 * KEYS):
        top.add(str(number))

    assert len(top.seen) <= KEYS
    assert sum(top.values().values()) == 5 * KEYS


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"seen": {}, "own": {}, "shown": ["x"], "other": 0},
        {"seen": {}, "own": {"x": 1}, "shown": [], "other": 0},
    ],
)
def test_what_is_no_table(data: object) -> None:
    """A damaged file is found out."""
    with pytest.raises((ValueError, KeyError)):
        TopSeries.from_json(data)


def test_it_starts_where_the_export_ended() -> None:
    """After the loss of the file."""
    top = TopSeries()
    top.add("FR", 9)
    top.raise_to({"FR": 4.0, "DE": 3.0, "other": 7.0})

    assert top.values() == {("FR",): 9.0, ("DE",): 3.0, ("other",): 7.0}


def test_each_bucket_holds_those_below() -> None:
    """A value on a limit is within it."""
    histogram = Histogram()
    for seconds in (0.005, 0.4, 100.0):
        histogram.add(seconds)
    known = Histogram.from_json(histogram.to_json()).distribution()

    assert dict(known.buckets)[0.005] == 1.0
    assert (dict(known.buckets)[0.25], dict(known.buckets)[0.5], dict(known.buckets)[60.0]) == (1.0, 2.0, 2.0)
    assert (known.number, round(known.sum, 3), len(known.buckets)) == (3.0, 100.405, len(LIMITS))


def test_other_limits_are_found_out() -> None:
    """Of an older release, say."""
    with pytest.raises(ValueError, match="other limits"):
        Histogram.from_json({"counts": [1], "sum": 1})
