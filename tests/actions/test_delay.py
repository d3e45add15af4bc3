"""delay: seconds from a line to the kernel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ideolab_f2b.actions import delay

LINE = "2026-11-22T14:52:01.250+0000 connmon: suspect 198.51.100.7 scope=ip score=5"


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    list(delay.taken())
    yield
    list(delay.taken())


def test_the_last_line_is_measured() -> None:
    """Of two failures the second one banned; a look takes what is there."""
    delay.note({"restored": 0, "matches": f"{LINE.replace(':01.', ':00.')}\n{LINE}"}, 1795359121.75)

    assert list(delay.taken()) == [0.5]
    assert list(delay.taken()) == []


@pytest.mark.parametrize(
    "info",
    [
        {"restored": 1, "matches": LINE},
        {"restored": 0, "matches": ""},
        {"restored": 0, "matches": LINE.replace(".250", "")},
    ],
)
def test_what_has_no_time(info: dict[str, object]) -> None:
    """A restored ban, a ban by hand, a line with whole seconds."""
    delay.note(info, 1795359121.75)

    assert list(delay.taken()) == []


def test_a_clock_that_was_set_back() -> None:
    """No histogram holds a time below zero."""
    delay.note({"restored": 0, "matches": LINE}, 1.0)

    assert list(delay.taken()) == [0.0]
