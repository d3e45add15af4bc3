"""handover: seconds from a line to the kernel, and the ban that failed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ideolab_f2b.actions import handover

LINE = "2026-11-22T14:52:01.250+0000 connmon: suspect 198.51.100.7 scope=ip score=5"


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    list(handover.take_delays())
    yield
    list(handover.take_delays())


def test_the_last_line_is_measured() -> None:
    """Of two failures the second one banned; a look takes what is there."""
    handover.note_time({"restored": 0, "matches": f"{LINE.replace(':01.', ':00.')}\n{LINE}"}, 1795359121.75)

    assert list(handover.take_delays()) == [0.5]
    assert list(handover.take_delays()) == []


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
    handover.note_time(info, 1795359121.75)

    assert list(handover.take_delays()) == []


def test_a_clock_that_was_set_back() -> None:
    """No histogram holds a time below zero."""
    handover.note_time({"restored": 0, "matches": LINE}, 1.0)

    assert list(handover.take_delays()) == [0.0]


def test_it_is_told_once_and_to_the_right_one() -> None:
    """The jail and address have to be the same, and the thread the one in which it happened."""
    error = ValueError("full")
    handover.note_failure("j", "198.51.100.7", error)
    elsewhere: list[object] = []
    thread = threading.Thread(target=lambda: elsewhere.append(handover.take_failure("j", "198.51.100.7")))
    thread.start()
    thread.join()

    assert elsewhere == [None]
    assert handover.take_failure("j", "198.51.100.7") is error
    assert handover.take_failure("j", "198.51.100.7") is None
    handover.note_failure("j", "198.51.100.7", error)
    assert handover.take_failure("j", "198.51.100.8") is None
