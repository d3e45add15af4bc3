"""connmon over real namespaces: an opener, containers behind a bridge, and clients that send nothing."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from demo.lab.wait import ENOUGH_S, wait_until
from ideolab_f2b.complaint import AGAIN_S, Complaint
from ideolab_f2b.config import Connmon, Paths
from ideolab_f2b.connmon.alike.systems import know_nothing
from ideolab_f2b.connmon.containers.look import Containers
from ideolab_f2b.connmon.output.writer import Writer
from ideolab_f2b.connmon.pressure.state import measure_nothing
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.connmon.watch import Watch
from ideolab_f2b.namespaces.ask import ask, ask_addresses
from tests.lab.containers import Container, ContainerLab, build_lab, list_links

#: forty are over it, and twenty here and twenty there are not
SETTINGS = Connmon(idle_s=1.0, th_hostile_ip=30, th_calm_ip=30)
#: seconds after which a silent connection counts
QUIET_S = 1.2


@pytest.fixture
def lab() -> Iterator[ContainerLab]:
    """A host without containers, of this test alone."""
    # others than root must reach the opener's socket; each start of pytest closes its own directories
    with tempfile.TemporaryDirectory(prefix="f2bcmon-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        with build_lab("f2bcmon", directory) as made:
            yield made


class Monitor:
    """connmon on the lab's host, in this process."""

    def __init__(self, lab: ContainerLab, path: str) -> None:
        self._lab, self.paths = lab, Paths(lab.directory, lab.directory, lab.directory)
        self.containers = Containers(
            SETTINGS, partial(ask, path=path), partial(ask_addresses, path), systems=know_nothing
        )
        self.watch = Watch(
            SETTINGS,
            measure_of=lambda _port, _settings: measure_nothing,
            containers=self.containers,
        )
        self._writer = Writer(self.paths, Complaint(lambda _text: None, AGAIN_S), containers=self.containers)

    def tick(self) -> list[PortTick]:
        """One tick, written as the daemon writes it."""
        with self._lab.host.enter():
            ticks = self.watch.tick()
        self._writer.write(ticks)
        return ticks

    def lines(self) -> list[str]:
        """What the jails would read: the words from the address on."""
        if not self.paths.connmon_log.exists():
            return []
        return [text.partition("suspect ")[2] for text in self.paths.connmon_log.read_text().splitlines()]


def connect(lab: ContainerLab, count: int, source: str, target: str) -> None:
    """Open silent connections from where the thread is."""

    def has_connected() -> bool:
        try:
            lab.keep(socket.create_connection((target, 443), ENOUGH_S, (source, 0)))
        except OSError as error:
            # a neighbour is not always found at once while a link comes up
            if error.errno != errno.EHOSTUNREACH:
                raise
            return False
        return True

    for _number in range(count):
        wait_until(has_connected, f"no way to {target}")


def wait_for_sockets(monitor: Monitor, counts: dict[str, int]) -> None:
    """Wait until the servers have accepted so many connections, and these are quiet for long enough."""

    def count() -> dict[str, int]:
        return {tick.namespace: tick.findings.connections for tick in monitor.tick()}

    wait_until(lambda: count() == counts, lambda: str(count()))
    time.sleep(QUIET_S)


def wait_for_suspects(monitor: Monitor, *addresses: str) -> None:
    """Wait until exactly these are suspects."""

    def find() -> tuple[str, ...]:
        return tuple(one.address for tick in monitor.tick() for one in tick.findings.suspects)

    wait_until(lambda: find() == addresses, lambda: str(find()))


def name_of(container: Container) -> str:
    return f"netns:{container.namespace.name}"


@contextlib.contextmanager
def serve(lab: ContainerLab, count: int, client: Callable[[], None]) -> Iterator[None]:
    """A server on the host itself that has accepted what `client` opens."""
    with lab.host.enter():
        listener = socket.create_server(("0.0.0.0", 443), backlog=count)
    with listener, contextlib.ExitStack() as held:
        client()
        for _number in range(count):
            held.enter_context(listener.accept()[0])
        yield


@pytest.mark.root
def test_who_is_a_suspect_in_a_container(lab: ContainerLab) -> None:
    """Forty silent connections; not twenty here and twenty there, and not another container."""
    app, proxy, client = lab.container(2, 443), lab.container(3, 443), lab.container(4, 80)
    monitor = Monitor(lab, lab.start_opener().path)

    def connect_client() -> None:
        with client.namespace.enter():
            connect(lab, 40, client.address, "10.77.0.1")

    with lab.client.enter():
        connect(lab, 40, "198.51.100.10", app.address)
        for target in (app, proxy):
            connect(lab, 20, "198.51.100.11", target.address)
            connect(lab, 20, "2001:db8:c::7", target.address6)
    for each in (proxy, client):
        with each.namespace.enter():
            connect(lab, 40, each.address, app.address)
            connect(lab, 40, each.address6, app.address6)
    with serve(lab, 40, connect_client):
        wait_for_sockets(monitor, {"": 40, name_of(app): 240, name_of(proxy): 40})
        wait_until(lambda: bool(monitor.tick()) and len(monitor.lines()) >= 2, lambda: str(monitor.lines()))
        ticks = monitor.tick()

    found = [(tick.namespace, one.address) for tick in ticks for one in tick.findings.suspects]
    assert found == [(name_of(app), "198.51.100.10")]
    first, second = monitor.lines()
    assert second == first
    assert first.startswith("198.51.100.10 scope=ip score=2 connections=40 mute=40 ")
    assert first.endswith(f" port=443 ttl=600 in={name_of(app)}")
    event = json.loads(monitor.paths.events.read_text().splitlines()[0])
    assert (event["type"], event["ip"], event["in"]) == ("suspect", "198.51.100.10", name_of(app))
    assert "\nideolab_f2b_namespaces 2.0\n" in monitor.paths.connmon_prom.read_text()


#: the program finds the lab's opener where the service has it
_RUN = """
set -e
mount -t tmpfs none /run
mkdir /run/ideolab-netns
ln -s "$1" /run/ideolab-netns/sock
shift
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
"""


@pytest.mark.root
def test_a_look_of_the_program(lab: ContainerLab) -> None:
    """As a user without any right, with the settings of a file: a table for each server."""
    app, quiet = lab.container(2, 443), lab.container(3, 443)
    opener = lab.start_opener()
    with lab.client.enter():
        connect(lab, 40, "198.51.100.10", app.address)
        connect(lab, 2, "198.51.100.11", quiet.address)
    config = lab.directory / "f2b.conf"
    config.write_text("[connmon]\nidle_s = 1\nth_hostile_ip = 30\nth_calm_ip = 30\n")
    time.sleep(QUIET_S)

    done = subprocess.run(
        lab.host.command(
            "sh", "-c", _RUN, "-", opener.path, sys.executable, "-m", "ideolab_f2b", "connmon", "--once",
            "--every", "1s", "--explain", "--config", str(config),
        ),
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "COLUMNS": "300"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = done.stdout
    assert f"port 443 in {name_of(app)}: 40 connections (40 mute), 1 suspect" in table
    assert f"port 443 in {name_of(quiet)}: 2 connections (2 mute), 0 suspects" in table
    assert "capacity in f2b.conf" in table


@pytest.mark.root
def test_containers_come_and_go(lab: ContainerLab) -> None:
    """Nothing of one that is gone is kept: no descriptor, no interface; a new one with its name is new."""
    first = lab.container(2, 443)
    monitor = Monitor(lab, lab.start_opener().path)
    with lab.client.enter():
        connect(lab, 40, "198.51.100.10", first.address)
    wait_for_sockets(monitor, {"": 0, name_of(first): 40})
    files = len(os.listdir("/proc/self/fd"))
    wait_for_suspects(monitor, "198.51.100.10")
    assert len(os.listdir("/proc/self/fd")) == files

    first.stop()
    wait_until(lambda: "v2@" not in list_links(lab.host), lambda: list_links(lab.host))
    # what it found comes again as long as a look would cost too much
    wait_until(lambda: [tick.namespace for tick in monitor.tick()] == [""], "gone")
    for _tick in range(20):
        assert [tick.namespace for tick in monitor.tick()] == [""]
    assert (monitor.containers.number, monitor.containers._judges._known) == (0, {})
    assert len(os.listdir("/proc/self/fd")) == files

    again = lab.container(2, 443)
    wait_until(lambda: bool(monitor.tick()) and monitor.containers.number == 1, "seen")
    with lab.client.enter():
        connect(lab, 40, "198.51.100.12", again.address)
    wait_for_sockets(monitor, {"": 0, name_of(again): 40})
    wait_for_suspects(monitor, "198.51.100.12")
    assert [tick.netns for tick in monitor.tick()] == [0, again.netns]


@pytest.mark.root
def test_an_opener_that_hangs_does_not_keep_the_host_waiting(lab: ContainerLab) -> None:
    """It takes the question, and says nothing for ever."""
    path = str(lab.directory / "slow")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen(8)
        monitor = Monitor(lab, path)
        looked: list[float] = []
        look = monitor.watch._look_at_host

        def look_at_host() -> list[PortTick]:
            found = look()
            looked.append(time.monotonic())
            return found

        monitor.watch._look_at_host = look_at_host  # type: ignore[method-assign]
        started = time.monotonic()
        for _tick in range(5):
            monitor.tick()
        took_s = time.monotonic() - started

    assert looked[0] - started < 0.5 or sys.gettrace() is not None
    assert 0.5 <= took_s < SETTINGS.every_s
    assert "ideolab-netns: " in monitor.watch.problem
