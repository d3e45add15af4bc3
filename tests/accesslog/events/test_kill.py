"""kill -9 of an import at any point, and two imports at once: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Sum

from ideolab_accesslog import databases
from ideolab_accesslog.events import store
from ideolab_accesslog.models import ConnmonEvent, EventHour, EventOffset
from tests.accesslog.conftest import VENDORS
from tests.accesslog.events.event_lines import EventsFile, list_ids, make_line

on_each_database = pytest.mark.parametrize("database", VENDORS, indirect=True)
#: statements of an import of three batches, and some more
STATEMENTS = 30


def start(action: Callable[[], object]) -> int:
    """Run the action in a process of its own, and return its id."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        action()
        status = 0
    finally:
        # not os.kill: a fault of the action is no kill
        os._exit(status)


def wait(child: int) -> int:
    """Return how the process ended: 0, or the negative number of the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(number: int) -> Callable[..., Any]:
    """A wrapper of statements that kills the process behind the one of this number."""
    left = [number]

    def run(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        found = execute(sql, values, many, context)
        left[0] -= 1
        if not left[0]:
            die()
        return found

    return run


def verify(events: EventsFile, ids: list[str], rejected: int) -> None:
    """Each event, each count and each rejected line once."""
    assert list_ids() == ids
    assert EventHour.objects.aggregate(total=Sum("count"))["total"] == len(ids)
    assert EventOffset.objects.get().rejected == rejected
    places = [(record["head"], record["position"]) for record in events.read_rejects()]
    assert (len(places), len(set(places))) == (rejected, rejected)


@on_each_database
def test_a_kill_behind_any_statement(database: str, tmp_path: Path) -> None:
    """Three batches with a bad line in each; the next import ends what the killed one began."""
    for number in range(1, STATEMENTS):
        directory = tmp_path / str(number)
        directory.mkdir()
        events = EventsFile(directory)
        ids = [f"{number}-{index}" for index in range(7)]
        for index in (0, 3, 6):
            events.add(*ids[index : index + 3], rest=b"bad\n")

        def run(number: int = number, events: EventsFile = events) -> None:
            with connections[databases.events()].execute_wrapper(die_at(number)):
                events.run(batch=4)

        assert wait(start(run)) in (0, -signal.SIGKILL)
        events.run(batch=4)

        verify(events, ids, 3)
        for table in (ConnmonEvent, EventHour, EventOffset):
            table.objects.all().delete()


@on_each_database
def test_a_kill_behind_the_commit(database: str, tmp_path: Path) -> None:
    """The rows are there and nobody has heard of it."""
    events = EventsFile(tmp_path)
    events.add("a", "b", rest=b"bad\n")

    def run() -> None:
        keep = store._keep

        def keep_and_die(*words: Any) -> bool:
            transaction.on_commit(die, using=databases.events())
            return keep(*words)

        vars(store)["_keep"] = keep_and_die
        events.run()

    assert wait(start(run)) == -signal.SIGKILL
    assert events.run() == "0 new, 0 again, 0 rejected, 0 behind"
    verify(events, ["a", "b"], 1)


@on_each_database
def test_kills_at_random_while_events_come(database: str, tmp_path: Path) -> None:
    """A file that grows and is rotated, and an import that is killed again and again."""
    events, rng, ids = EventsFile(tmp_path), random.Random(16), list[str]()
    for turn in range(25):
        new = [f"{turn}-{index}" for index in range(60)]
        ids += new
        events.add(*new, rest=b"bad\n")
        if turn % 5 == 4:
            events.rotate(f"events.jsonl-202611{turn:02}")
        child = start(lambda: events.run(batch=9))
        time.sleep(rng.random() * 0.05)
        os.kill(child, signal.SIGKILL)
        assert wait(child) in (0, -signal.SIGKILL)
    events.run()

    verify(events, ids, 25)


@on_each_database
def test_two_imports_at_once(database: str, tmp_path: Path) -> None:
    """cron and --follow: one waits for the other's transaction, and goes on behind it."""
    events = EventsFile(tmp_path)
    ids = [str(index) for index in range(600)]
    events.path.write_bytes(b"".join(make_line(id=each) for each in ids) + b"bad\n")

    children = [start(lambda: events.run(batch=10)) for _ in range(2)]

    assert [wait(child) for child in children] == [0, 0]
    verify(events, ids, 1)
