"""buckets: a histogram as Prometheus wants it."""

from __future__ import annotations

import pytest

from ideolab_f2b.actions.report.buckets import LIMITS, Buckets


def test_each_bucket_holds_those_below() -> None:
    """A value on a limit is within it."""
    buckets = Buckets()
    for seconds in (0.005, 0.4, 100.0):
        buckets.add(seconds)
    known = Buckets.from_json(buckets.to_json()).distribution()

    assert dict(known.buckets)[0.005] == 1.0
    assert (dict(known.buckets)[0.25], dict(known.buckets)[0.5], dict(known.buckets)[60.0]) == (1.0, 2.0, 2.0)
    assert (known.number, round(known.sum, 3), len(known.buckets)) == (3.0, 100.405, len(LIMITS))


def test_other_limits_are_found_out() -> None:
    """Of an older release, say."""
    with pytest.raises(ValueError, match="other limits"):
        Buckets.from_json({"counts": [1], "sum": 1})
