"""day_json: a day survives the way to the disk; what is no day is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.connmon.observe.day import MOST, DaySuspect, Peak, WatchedDay
from ideolab_f2b.connmon.observe.day_json import SummaryError, from_json, to_json

ONE = DaySuspect("198.51.100.10", "ip", "mute", 100.0, 200.0, 2, 60, 4, 3, "60 mute")
DAY = WatchedDay(
    "2026-11-29",
    300.0,
    60.0,
    {"mute": 1},
    True,
    {ONE.address: ONE},
    {"slots": Peak(9, 2.0), "half hellos": Peak(3, 2.0, "2001:db8:0:7::/64")},
    {"calm": 300.0},
)


def test_there_and_back() -> None:
    """Through the text of the file."""
    assert from_json(json.loads(json.dumps(to_json(DAY)))) == DAY


def changed(**fields: Any) -> dict[str, Any]:
    return {**to_json(DAY), **fields}


def named(**fields: Any) -> dict[str, Any]:
    return changed(suspects=[{**to_json(DAY)["suspects"][0], **fields}])


@pytest.mark.parametrize(
    "fields",
    [
        None,
        [],
        {},
        changed(date="yesterday"),
        changed(date=7),
        changed(watched_s="300"),
        changed(watched_s=True),
        changed(watched_s=-1),
        changed(watched_s=float("nan")),
        changed(watched_s=1e300),
        changed(rules={str(number): 1 for number in range(100)}),
        changed(rules=["mute"]),
        changed(suspects=[to_json(DAY)["suspects"][0]] * (MOST + 1)),
        changed(suspects={}),
        changed(peaks={"slots": 9}),
        named(address="root"),
        named(address="198.51.100.10\x1b[2J"),
        named(why="\x1b]0;title\x07"),
        named(why="x" * 1000),
        named(why="é"),
        named(times=None),
        named(first=10**400),
    ],
)
def test_what_is_no_day_is_refused(fields: object) -> None:
    """The file is a user's, and root prints it."""
    with pytest.raises(SummaryError):
        from_json(fields)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(to_json(DAY))) | st.text(max_size=3), inner, max_size=9)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_nothing_else_is_raised(value: object) -> None:
    """Whatever JSON may hold."""
    try:
        from_json(value)
        from_json({**to_json(DAY), **value} if isinstance(value, dict) else value)
    except SummaryError:
        pass
