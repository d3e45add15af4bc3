"""The walk over processes: when it looks at which, over a table that stands for /proc."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from ideolab_f2b.namespaces import walk
from ideolab_f2b.namespaces.walk import (
    FEW,
    GONE_S,
    NEW_S,
    WHOLE_S,
    Walk,
    is_process,
    read_names,
    read_newest,
)


class Processes:
    """{process: its namespace}, and which were looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.netns = {1: 100, 2: 100, 30: 300}
        self.asked: list[int] = []
        self.now = 0.0
        #: the last number, where the kernel tells it; and how often all were listed
        self.newest: int | None = None
        self.lists = 0
        monkeypatch.setattr(walk, "read_netns", self.read)
        monkeypatch.setattr(walk, "is_process", lambda number: number % 10 == 0)
        self.walk = Walk(self.list, lambda: self.now, lambda: self.newest)

    def list(self) -> list[int]:
        self.lists += 1
        return sorted(self.netns)

    def read(self, pid: int) -> int | None:
        self.asked.append(pid)
        return self.netns.get(pid)

    def look(self, later_s: float) -> dict[int, int]:
        self.now += later_s
        self.asked.clear()
        return self.walk.list_namespaces()


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Processes:
    made = Processes(monkeypatch)
    made.look(0)
    return made


def test_nothing_new_costs_one_look_for_each_namespace(processes: Processes) -> None:
    """The second look at those that were new, then no more."""
    assert processes.look(NEW_S) == {100: 1, 300: 30}
    assert processes.look(NEW_S) == {100: 1, 300: 30}
    assert processes.asked == [1, 30]


def test_a_new_process_is_seen_soon(processes: Processes) -> None:
    """Only those that are new are looked at."""
    processes.netns[40] = 400

    assert 400 not in processes.look(NEW_S / 2)
    assert processes.look(NEW_S / 2)[400] == 40


def test_a_process_that_changes_its_namespace_when_it_begins(processes: Processes) -> None:
    """An engine forks before it enters: each new process is looked at twice."""
    processes.netns[40] = 100
    processes.look(NEW_S)
    processes.netns[40] = 400

    assert processes.look(NEW_S)[400] == 40


def test_a_namespace_that_is_gone_is_gone_at_once(processes: Processes) -> None:
    """And one whose process is gone, but not all of its processes, is found again."""
    processes.look(NEW_S)
    del processes.netns[30]
    assert processes.look(0.1) == {100: 1}
    processes.netns[31] = 300
    del processes.netns[1]

    # processes that come and go cost no whole walk each time
    assert processes.look(0.1) == {300: 31}
    assert processes.look(GONE_S) == {100: 2, 300: 31}


def test_a_number_of_a_process_that_another_one_has_now(processes: Processes) -> None:
    """It stands for its own namespace."""
    processes.netns[30] = 400

    assert processes.look(GONE_S) == {100: 1, 400: 30}


def test_the_whole_table_now_and_then(processes: Processes) -> None:
    """A process can enter another namespace at any time."""
    processes.look(NEW_S)
    processes.look(NEW_S)
    processes.netns[2] = 200
    assert 200 not in processes.look(NEW_S)

    assert processes.look(WHOLE_S)[200] == 2


def test_what_is_new_by_its_number(processes: Processes) -> None:
    """Where few are new nothing is listed, and each is looked at twice; a thread is no process."""
    processes.newest = 30
    processes.look(NEW_S)
    lists = processes.lists
    processes.netns.update({39: 390, 40: 100})
    processes.newest = 41

    assert processes.look(NEW_S) == {100: 1, 300: 30}
    processes.netns.update({40: 400, 41: 410, 50: 100})
    processes.newest = 50
    assert processes.look(NEW_S) == {100: 1, 300: 30, 400: 40}
    assert processes.lists == lists


def test_many_new_numbers_are_listed(processes: Processes) -> None:
    """And numbers that began from the start again."""
    processes.newest = 30
    processes.look(NEW_S)
    for newest in (30 + FEW + 1, 20):
        lists = processes.lists
        processes.netns[newest] = 1000 + newest
        processes.newest = newest
        assert processes.look(NEW_S)[1000 + newest] == newest
        assert processes.lists == lists + 1


def test_the_newest_number_of_this_host() -> None:
    """It goes on with each process; a thread has a number too, and is no process."""
    before = read_newest()
    if before is None:
        pytest.skip("this kernel does not tell the newest number")
    made: list[bool] = []
    thread = threading.Thread(target=lambda: made.append(is_process(threading.get_native_id())))
    thread.start()
    thread.join()

    assert made == [False]
    assert is_process(os.getpid())
    assert read_newest() != before


def test_a_link_to_nothing_hides_no_other_name(tmp_path: Path) -> None:
    """People link /proc/PID/ns/net to where `ip netns` looks, and leave the link there."""
    for number in range(4):
        (tmp_path / f"gone{number}").symlink_to("/proc/0/ns/net")
        (tmp_path / f"web{number}").touch()

    assert sorted(read_names(tmp_path).values()) == [f"web{number}" for number in range(4)]
