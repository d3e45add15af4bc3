"""The walk over processes: when it looks at which, over a table that stands for /proc."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.namespaces import walk
from ideolab_f2b.namespaces.walk import GONE_S, NEW_S, WHOLE_S, Walk, read_names


class Processes:
    """{process: its namespace}, and which were looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.netns = {1: 100, 2: 100, 30: 300}
        self.asked: list[int] = []
        self.now = 0.0
        monkeypatch.setattr(walk, "read_netns", self.read)
        self.walk = Walk(lambda: list(self.netns), lambda: self.now)

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


def test_a_link_to_nothing_hides_no_other_name(tmp_path: Path) -> None:
    """People link /proc/PID/ns/net to where `ip netns` looks, and leave the link there."""
    for number in range(4):
        (tmp_path / f"gone{number}").symlink_to("/proc/0/ns/net")
        (tmp_path / f"web{number}").touch()

    assert sorted(read_names(tmp_path).values()) == [f"web{number}" for number in range(4)]
