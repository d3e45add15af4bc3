"""Two looks, a day's memory, one look for all jails."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b.actions.protected.ssh import memory, seen, sessions
from ideolab_f2b.actions.protected.ssh.connections import Connections
from ideolab_f2b.actions.protected.ssh.logins import Login
from ideolab_f2b.actions.protected.ssh.processes import View
from ideolab_f2b.actions.protected.ssh.sessions import SshSessions
from ideolab_f2b.kernel.sockets.inodes import TcpConnection
from tests.actions.protected.ssh.conftest import ALICE, Tree

DAY = seen.REMEMBER_S
#: epoch seconds
WALL = 1_790_000_000.0


class Opened(Connections):
    """Each login's connection as the test says, by pid."""

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[int, TcpConnection] = {}
        self.lost = 0

    def of(self, logins: Collection[Login]) -> list[tuple[Login, TcpConnection]]:
        """Those that are open."""
        return [(each, self.open[each.process.pid]) for each in logins if each.process.pid in self.open]

    def count_lost(self) -> int:
        """As the test says."""
        return self.lost


class World:
    """The host: its clocks, and who has which connection by pid."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.time, self.wall = tree, 1000.0, WALL
        self.connections = Opened()
        self.open = self.connections.open
        self.looks = 0
        self.worked = 0.0
        self.subject = self.make()

    def make(self) -> SshSessions:
        return SshSessions(
            lambda: self.time, lambda: self.wall, self.view, self.connections, lambda: self.worked
        )

    def view(self) -> View:
        self.looks += 1
        return self.tree.view()

    def log_in(self, pid: int, peer: str, port: int = 22, started: int = 1) -> None:
        self.tree.add(pid - 1, "sshd: alice [priv]")
        self.tree.add(pid, "sshd: alice@pts/0", parent=pid - 1, uid=ALICE, started=started)
        self.open[pid] = TcpConnection(pid * 10, ip_address(peer), port, frozenset())

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.wall += seconds

    def look(self, after_s: float = 3.0) -> list[str]:
        self.wait(after_s)
        self.subject.look()
        return self.who()

    def who(self) -> list[str]:
        return [
            f"{each.address} {each.port} {'now' if each.is_open else 'before'}" for each in self.subject.now()
        ]


@pytest.fixture
def world(tree: Tree) -> World:
    return World(tree)


def test_two_looks(world: World) -> None:
    """The first proves nothing, nor does a second one right after it."""
    world.log_in(21, "198.51.100.7", 2222)

    assert world.look() == []
    world.subject._next = 0.0
    assert world.look(after_s=1.9) == []
    assert world.look() == ["198.51.100.7 2222 now"]


def test_two_short_sessions(world: World) -> None:
    """Another process, or another connection, begins anew."""
    world.log_in(21, "198.51.100.7", started=1)
    world.look()
    (world.tree.proc / "21" / "stat").write_text("21 (sshd) S 20" + " 0" * 17 + " 2 0")
    assert world.look() == []
    world.open[21] = world.open[21]._replace(inode=999)
    assert world.look() == []
    world.open[21] = world.open[21]._replace(inode=998)
    assert world.look() == []


def test_remembered_for_a_day(world: World) -> None:
    """A laptop that slept is let in again; after a day it is a stranger."""
    world.log_in(21, "198.51.100.7")
    world.look()
    world.look()
    world.open.clear()

    assert world.look() == ["198.51.100.7 22 before"]
    assert world.look(DAY - 4) == ["198.51.100.7 22 before"]
    assert world.look() == []


def test_what_is_said_of_them(world: World) -> None:
    """The refusal's words."""
    world.log_in(21, "198.51.100.7")
    world.look()
    world.look()
    assert world.subject.now()[0].make_listing().what == "logged in over SSH"
    world.open.clear()
    world.look()
    (before,) = world.subject.now()
    assert before.make_listing().what == "an address that was logged in over SSH within the last day"


def test_the_number_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest stay."""
    monkeypatch.setattr(seen, "LIMIT", 2)
    for number in range(3):
        world.log_in(100 + 2 * number, f"198.51.100.{number}")
        world.look()
        world.look()
        world.open.clear()

    assert world.who() == ["198.51.100.2 22 now", "198.51.100.1 22 before"]


def test_a_look_takes_its_share(world: World) -> None:
    """It is made every few seconds, whoever calls how often; a slow one makes the pause longer."""
    assert world.subject.look() == sessions.EVERY_S
    assert world.subject.look() == sessions.EVERY_S
    assert world.looks == 1

    def slow() -> View:
        world.time += 5.0
        world.worked += 1.0
        return View({})

    world.wait(3.0)
    world.subject._view = slow
    assert world.subject.look() == pytest.approx(1.0 / sessions.SHARE - 5.0)


def test_trouble(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is there for `check`, who was seen before stays, and nothing is raised."""
    assert world.subject.trouble == "no look at the processes was made yet"
    world.log_in(21, "198.51.100.7")
    world.look()
    world.look()
    assert world.subject.trouble == ""

    def broken() -> View:
        raise RuntimeError("no memory")

    world.subject._view = broken
    with caplog.at_level(logging.ERROR):
        assert world.look() == ["198.51.100.7 22 now"]
    assert world.subject.trouble == "the last look failed: RuntimeError('no memory')"
    assert "who is logged in over SSH: cannot be found out: RuntimeError('no memory')" in caplog.text

    world.subject._view = lambda: View({}, "it hides")
    with caplog.at_level(logging.INFO):
        world.look()
        world.look()
    assert world.subject.trouble == "it hides"
    assert caplog.text.count("SSH sessions cannot be proved: it hides") == 1


def test_over_a_restart(world: World, tmp_path: Path) -> None:
    """The next server knows at once who was logged in; a clock that goes back does not make it longer."""
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    world.subject.keep_in(directory)
    world.log_in(21, "198.51.100.7")
    world.log_in(31, "2001:db8:c::1", 2222)
    world.look()
    world.look()

    world.time = 5.0
    world.wall += 3600
    world.subject = world.make()
    world.subject.keep_in(directory)
    assert sorted(world.who()) == ["198.51.100.7 22 before", "2001:db8:c::1 2222 before"]
    assert {each.seen for each in world.subject.now()} == {5.0 - 3600}

    world.open.clear()
    assert len(world.look(DAY - 3601)) == 2
    assert world.look() == []


def test_dates_that_cannot_be(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One far in the future would protect for ever; an old one is over."""
    ages = {
        "198.51.100.1": -int(DAY), "198.51.100.2": 10, "198.51.100.3": int(DAY), "198.51.100.4": -(10**30),
    }  # fmt: skip
    rows = [[text, 22, 0, int(WALL) - age] for text, age in ages.items()]
    (tmp_path / memory.NAME).write_text(json.dumps({"sessions": rows}))
    tmp_path.chmod(0o700)

    world.subject.keep_in(tmp_path)

    assert world.who() == ["198.51.100.2 22 before"]
    assert caplog.text == ""


@pytest.mark.parametrize("back_s", [1, 3, 600, int(DAY) - 1])
def test_a_clock_that_was_set_back(world: World, tmp_path: Path, back_s: int) -> None:
    """A host without a battery begins with an old time: who was remembered is seen now, and written so."""
    tmp_path.chmod(0o700)
    (tmp_path / memory.NAME).write_text(
        json.dumps({"sessions": [["198.51.100.1", 22, 0, int(WALL) + back_s]]})
    )
    world.subject.keep_in(tmp_path)
    assert world.who() == ["198.51.100.1 22 before"]

    world.log_in(21, "198.51.100.7")
    world.look()
    world.look()
    # time of the clock of this moment: the day ends, whatever stood there
    assert {each.seen for each in memory.load(tmp_path)} == {int(WALL), int(WALL) + 6}
    assert world.look(DAY - 7)[1:] == ["198.51.100.1 22 before"]
    assert world.look() == ["198.51.100.7 22 now"]


def test_who_is_proved_is_told_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A jail may have banned him a moment ago; each jail hears of each address once."""
    told: list[str] = []
    world.log_in(21, "198.51.100.7")
    world.subject.listen("a", lambda: told.append("a"))
    world.look()
    assert told == []
    world.look()
    world.look()
    assert told == ["a"]

    # one that comes later: its bans are older than it
    world.subject.listen("b", lambda: told.append("b"))
    world.look()
    world.look()
    assert told == ["a", "b"]
    world.log_in(31, "198.51.100.8")
    world.look()
    world.look()
    world.look()
    assert sorted(told) == ["a", "a", "b", "b"]

    world.subject.forget("a")
    # he was known all the time
    world.open.clear()
    world.look()
    world.log_in(41, "198.51.100.8")
    world.look()
    world.look()
    assert len(told) == 4


def test_a_jail_that_cannot_lift(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It is asked again at the next look, and keeps no other from being told."""
    told: list[str] = []

    def fail() -> None:
        told.append("bad")
        if told.count("bad") < 3:
            raise RuntimeError("no such jail")

    world.subject.listen("bad", fail)
    world.subject.listen("good", lambda: told.append("good"))
    world.log_in(21, "198.51.100.7")
    with caplog.at_level(logging.ERROR):
        for _look in range(6):
            world.look()

    assert (told.count("bad"), told.count("good")) == (3, 1)
    assert caplog.text.count("bans of who has logged in may stay: RuntimeError('no such jail')") == 1
    assert world.subject.trouble == ""


def test_a_login_without_a_connection(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is protected for it, and "nobody is logged in" would not be true."""
    world.log_in(21, "198.51.100.7")
    world.open.clear()
    world.look()
    assert world.subject.trouble == ""
    world.connections.lost = 1
    with caplog.at_level(logging.INFO):
        world.look()
        world.look()
    reason = "not found: another network namespace, or more than one way in"
    assert world.subject.trouble == f"the connection of 1 login is {reason}"
    assert caplog.text.count(f"SSH sessions cannot be proved: the connection of 1 login is {reason}") == 1

    world.connections.lost = 2
    world.look()
    assert world.subject.trouble == f"the connection of 2 logins is {reason}"
    world.connections.lost = 0
    world.look()
    assert world.subject.trouble == ""


def test_a_file_that_cannot_be_used(world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is told once, and written anew with the next session."""
    tmp_path.chmod(0o700)
    (tmp_path / memory.NAME).write_text("{")
    with caplog.at_level(logging.ERROR):
        world.subject.keep_in(tmp_path)
        world.subject.keep_in(tmp_path)
    assert caplog.text.count("ssh-sessions.json is not read: it is no list of sessions") == 1

    world.log_in(21, "198.51.100.7")
    world.look()
    world.look()
    assert [str(each.address) for each in memory.load(tmp_path)] == ["198.51.100.7"]


def test_a_directory_that_cannot_be_written(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The session counts all the same."""
    tmp_path.chmod(0o777)
    world.subject.keep_in(tmp_path)
    world.log_in(21, "198.51.100.7")
    world.look()
    with caplog.at_level(logging.ERROR):
        assert world.look() == ["198.51.100.7 22 now"]
    assert "cannot be remembered" in caplog.text


def test_it_is_written_now_and_then(world: World, tmp_path: Path) -> None:
    """A new address at once, the time of an old one every ten minutes."""
    tmp_path.chmod(0o700)
    world.subject.keep_in(tmp_path)
    world.log_in(21, "198.51.100.7")
    world.look()
    world.look()
    first = memory.load(tmp_path)[0].seen
    world.look()
    assert memory.load(tmp_path)[0].seen == first
    world.look(sessions.SAVE_S)
    assert memory.load(tmp_path)[0].seen == int(world.wall)
