"""The thread that aggregates comes with the first jail and goes with the last."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.actions.aggregate.thread import AggregateThread
from ideolab_f2b.pace import Pause


class Jail:
    """Counts looks, and may fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.looks, self.error = 0, error

    def look(self, pause: Pause) -> None:
        self.looks += 1
        pause()
        if self.error is not None:
            raise self.error


@pytest.fixture
def aggregate() -> Iterator[AggregateThread]:
    made = AggregateThread(every_s=0.01)
    yield made
    for member in list(made._members):
        made.remove(member)
    wait_until(lambda: made._thread is None, "the end of the thread")


def test_it_comes_and_goes(aggregate: AggregateThread) -> None:
    """A jail that comes again is looked at again, and twice is once."""
    for _time in range(2):
        jail = Jail()
        aggregate.add(jail)
        aggregate.add(jail)
        wait_until(lambda made=jail: made.looks > 2, "looks")  # type: ignore[misc]
        aggregate.remove(jail)
        wait_until(lambda: aggregate._thread is None, "the end of the thread")

    assert not [each for each in threading.enumerate() if each.name == "ideolab-aggregate"]


def test_an_error_of_one_jail(aggregate: AggregateThread) -> None:
    """The others are looked at, and so is that one the next time."""
    bad, good = Jail(RuntimeError("no list")), Jail()
    aggregate.add(bad)
    aggregate.add(good)

    wait_until(lambda: bad.looks > 2 and good.looks > 2, "looks at both")


def test_a_jail_that_never_aggregated(aggregate: AggregateThread) -> None:
    """Nothing was started for it."""
    aggregate.remove(Jail())

    assert aggregate._thread is None
