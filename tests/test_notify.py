"""notify: what systemd is told, and that a daemon that stands still tells nothing."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.notify import Notifier, SandboxDirectory, from_environment


class Systemd:
    """A socket as systemd has it; `read` returns the messages since the last time."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)

    def read(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    """Both kinds of addresses that systemd uses."""
    made = Systemd(str(tmp_path / "n") if request.param == "path" else f"@ideolab-test-{os.getpid()}")
    yield made
    made.close()


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Pause(threading.Event):
    """An event that is never set; a wait only moves the clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0.0
        return False


def test_ready_comes_with_the_first_work(systemd: Systemd) -> None:
    """Then a sign of work and the status, and at the end that it ends."""
    clock = Clock()
    notifier = Notifier(systemd.address, 60, clock)
    assert systemd.read() == []
    for now in (100.0, 101.0, 104.9, 105.0):
        clock.now = now
        notifier.work(lambda: "2 connections,\n1 suspects\nMAINPID=1")
    notifier.stop()

    status = "STATUS=2 connections, 1 suspects MAINPID=1"
    assert systemd.read() == [f"READY=1\nWATCHDOG=1\n{status}", f"WATCHDOG=1\n{status}", "STOPPING=1"]


def test_a_long_pause_is_no_standstill(systemd: Systemd) -> None:
    """`every_s` may be longer than the watchdog waits."""
    clock = Clock()
    notifier = Notifier(systemd.address, 8, clock)
    notifier.work(lambda: "")
    systemd.read()
    notifier.wait(Pause(clock), 9.0)

    assert systemd.read() == ["WATCHDOG=1"] * 4
    assert clock.now == 109.0


def test_a_daemon_that_never_worked_says_nothing(systemd: Systemd) -> None:
    """A pause after an error is no work."""
    clock = Clock()
    Notifier(systemd.address, 8, clock).wait(Pause(clock), 60.0)

    assert (systemd.read(), clock.now) == ([], 160.0)


def test_a_stop_ends_the_pause(systemd: Systemd) -> None:
    """At once, not at its end."""
    stop = threading.Event()
    stop.set()
    notifier = Notifier(systemd.address, 60)
    notifier.work(lambda: "")
    notifier.wait(stop, 3600.0)

    assert len(systemd.read()) == 1


def test_the_environment_of_systemd(systemd: Systemd) -> None:
    """The address, and how often; a watchdog of another process is not ours."""
    told = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "8000000"}
    for extra, count in (({}, 4), ({"WATCHDOG_PID": "7"}, 4), ({"WATCHDOG_PID": "8"}, 1)):
        clock = Clock()
        notifier = from_environment({**told, **extra}, pid=7)
        notifier._clock = clock
        notifier.work(lambda: "")
        systemd.read()
        notifier.wait(Pause(clock), 9.0)
        assert len(systemd.read()) == count


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "@"},
        {"NOTIFY_SOCKET": "relative"},
        {"NOTIFY_SOCKET": "vsock:2:1"},
        {"NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "x"},
        {"NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "9" * 30},
        {"NOTIFY_SOCKET": "/" + "x" * 200, "WATCHDOG_USEC": "-1"},
    ],
)
def test_without_systemd_nothing_happens(environment: dict[str, str]) -> None:
    """Nothing that stands in the environment ends a daemon."""
    notifier = from_environment(environment)
    notifier.work(lambda: "x")
    notifier.wait(threading.Event(), 0.0)
    notifier.stop()


def test_a_full_queue_of_systemd_does_not_stop_the_daemon(systemd: Systemd) -> None:
    """The message is lost, and the next one may arrive."""
    clock = Clock()
    notifier = Notifier(systemd.address, 60, clock)
    for _number in range(2000):
        clock.now += 5
        notifier.work(lambda: "x")

    assert 1 < len(systemd.read()) < 2000


def test_a_directory_that_was_deleted_is_lost(tmp_path: Path) -> None:
    """To a unit, whose sandbox does not see the new one; never to one that could not write it."""
    supervised = Notifier("/nowhere")
    directory = tmp_path / "log"
    missing = SandboxDirectory(directory, supervised)
    directory.mkdir()
    there, alone = SandboxDirectory(directory, supervised), SandboxDirectory(directory, Notifier())
    assert not there.is_lost()

    directory.rmdir()

    assert [one.is_lost() for one in (there, alone, missing)] == [True, False, False]
    assert there.path == directory
