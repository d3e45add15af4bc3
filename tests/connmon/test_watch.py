"""watch: when it ticks, when it rests, and that no error ends it."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ideolab_f2b.complaint import AGAIN_S, Complaint
from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon import watch
from ideolab_f2b.connmon.pressure.state import measure_nothing
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from ideolab_f2b.kernel.sockets.row import Connection
from ideolab_f2b.notify import Notifier


class Host:
    """A host of prepared sockets: `mute` silent connections of one address, aged `age_s`."""

    def __init__(self, mute: int = 0, age_s: float = 0.0) -> None:
        self.mute, self.age_s, self.now = mute, age_s, 1000.0
        self.dumps = 0
        self.own: frozenset[bytes] = frozenset()
        #: what reads the rows
        self.read: Callable[[int], Iterator[Connection]] = self.rows

    def rows(self, _port: int) -> Iterator[Connection]:
        self.dumps += 1
        age = int(self.age_s * 1000)
        peer = b"\xc6\x33\x64\x0a" + bytes(12)
        for number in range(self.mute):
            yield Connection(
                2, 1, 0, 0, number, peer, number, 0, 0, 77, age, age, age, 0, 0, 0, 0, 0, 0
            )  # fmt: skip

    def watch(self, **settings: Any) -> watch.Watch:
        return watch.Watch(
            Connmon(**settings),
            rows=lambda port: self.read(port),
            inuse=lambda: self.mute + 3,
            own=lambda: self.own,
            clock=lambda: self.now,
            measure_of=lambda _port, _settings: measure_nothing,
        )


class Kept:
    """An output that keeps the ticks, and stops the watch after `limit`."""

    def __init__(self, stop: threading.Event, limit: int) -> None:
        self.ticks: list[list[PortTick]] = []
        self._stop, self._limit = stop, limit

    def write(self, ticks: list[PortTick]) -> None:
        self.ticks.append(ticks)
        if len(self.ticks) >= self._limit:
            self._stop.set()

    def close(self) -> None:
        """Nothing is kept open."""


@pytest.fixture(autouse=True)
def _free_of_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a tick really costs on a loaded machine moves the next one."""
    monkeypatch.setattr(time, "process_time", lambda: 0.0)


class Told(Notifier):
    """Keeps what systemd would be told."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def work(self, status: Callable[[], str]) -> None:
        """Keep the line of `systemctl status`."""
        self.texts.append(status())


def test_forty_silent_connections_are_a_suspect() -> None:
    """The whole way from rows to the suspect's address."""
    watched = Host(mute=40, age_s=9.0).watch()
    (first,), (tick,) = watched.tick(), watched.tick()

    assert list(first.findings.suspects) == []
    assert [(item.address, item.connections) for item in tick.findings.suspects] == [("198.51.100.10", 40)]
    assert (tick.when, tick.port, tick.findings.established) == (1000.0, 443, 40)


def test_own_addresses_are_no_suspects() -> None:
    """A gateway or one of our own addresses is never named."""
    host = Host(mute=40, age_s=9.0)
    host.own = frozenset([b"\xc6\x33\x64\x0a"])

    watched = host.watch()
    watched.tick()
    assert list(watched.tick()[0].findings.suspects) == []


def test_a_calm_host_is_not_dumped_again() -> None:
    """Fewer sockets than any threshold, and as many as before: the last snapshot counts, with a new time."""
    host = Host(mute=1)
    watched = host.watch()
    first = watched.tick()
    host.now = 1005.0
    second = watched.tick()

    assert host.dumps == 1
    assert (second[0].when, second[0].findings) == (1005.0, first[0].findings)

    host.mute = 2
    watched.tick()
    assert host.dumps == 2


def test_a_busy_host_is_dumped_each_time() -> None:
    """The gate never closes over enough sockets for a suspect."""
    host = Host(mute=8)
    watched = host.watch()
    watched.tick()
    watched.tick()

    assert host.dumps == 2


def test_each_port_has_its_own_detector() -> None:
    """Two ports are two snapshots."""
    assert [tick.port for tick in Host(mute=40).watch(ports=(443, 8443)).tick()] == [443, 8443]


def test_the_next_tick_comes_when_connections_are_old_enough() -> None:
    """Quiet for 6 s of 8: tick in 2 s and a moment, not in 5."""
    host = Host(mute=40, age_s=6.0)
    watched = host.watch(idle_s=8.0, every_s=5.0)
    watched.tick()

    assert watched.pause_s() == pytest.approx(2.0 + watch.OLD_ENOUGH_MARGIN_S)


def test_a_rested_host_waits_its_whole_time() -> None:
    """No connection waits to be old enough: every_s, which may be short."""
    watched = Host().watch(every_s=0.1)

    assert watched.pause_s() == watch.SHORTEST_S
    assert Host().watch(every_s=7.0).pause_s() == 7.0


def test_who_is_over_a_limit_for_the_first_time_is_seen_again_at_once() -> None:
    """The second tick is half a second later, the third takes its time."""
    watched = Host(mute=40, age_s=9.0).watch()

    watched.tick()
    assert watched.pause_s() == pytest.approx(0.6)
    watched.tick()
    assert watched.pause_s() == 5.0


def test_ticks_that_cost_much_come_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick of 0.45 s every 10 s is 4.5 % of a core, also when connections are old enough before."""
    times = iter([10.0, 10.45])
    monkeypatch.setattr(time, "process_time", lambda: next(times))
    watched = Host(mute=40, age_s=6.0).watch()
    watched.tick()

    assert watched.pause_s() == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize(("cost_s", "second_s", "third_s"), [(0.1, 0.6, 5.0), (0.45, 2.25, 20.0)])
def test_a_second_snapshot_comes_at_once_and_is_paid_for_after_it(
    monkeypatch: pytest.MonkeyPatch, cost_s: float, second_s: float, third_s: float
) -> None:
    """Where ticks cost much too, for nginx may close what is 10 s old."""
    times = iter([10.0, 10.0 + cost_s, 12.0, 12.0 + cost_s])
    monkeypatch.setattr(time, "process_time", lambda: next(times))
    watched = Host(mute=40, age_s=9.0).watch()
    watched.tick()
    assert watched.pause_s() == pytest.approx(second_s)

    watched.tick()
    assert watched.pause_s() == pytest.approx(third_s, abs=0.5)


def test_somebody_new_in_each_snapshot_delays_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sacrificed address for each snapshot: they take a fifth of a core, and no more later."""
    clock = [10.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "process_time", lambda: clock[0])
    host, pauses = Host(mute=40, age_s=9.0), list[float]()
    watched = host.watch()
    read = host.read

    def rows(port: int) -> Iterator[Connection]:
        clock[0] += 0.2
        for row in read(port):
            yield row._replace(peer=bytes([198, 51, 100, len(pauses)]) + bytes(12))

    host.read = rows
    for _snapshot in range(20):
        watched.tick()
        pauses.append(watched.pause_s())
        clock[0] += pauses[-1]
    host.mute = 7
    watched.tick()

    assert pauses == [pytest.approx(1.0)] * 20
    assert watched.pause_s() < 9.0


def test_the_last_findings_are_not_kept_beside_the_new_ones() -> None:
    """With 50,000 suspects they are large."""
    host = Host(mute=40, age_s=9.0)
    watched = host.watch()
    last = weakref.ref(watched.tick()[0].findings)
    alive: list[object] = []
    read = host.read
    host.read = lambda port: (alive.append(last()), read(port))[1]  # type: ignore[func-returns-value]
    watched.tick()

    assert alive == [None]


def test_an_error_is_said_and_the_watch_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that refuses once is asked again."""
    host, said, stop = Host(mute=40, age_s=9.0), list[str](), threading.Event()
    watched, kept = host.watch(), Kept(stop, 1)
    real, failures = watched.tick, [PermissionDeniedError(1, "dump of sockets")]

    def tick() -> list[PortTick]:
        if failures:
            raise failures.pop()
        return real()

    monkeypatch.setattr(watched, "tick", tick)
    monkeypatch.setattr(watched, "pause_s", lambda: 0.0)
    complaint = Complaint(lambda text: said.append(f"connmon: {text}"), AGAIN_S)
    told = Told()
    watch.run(watched, kept, stop, complaint, told)

    assert said == [
        "connmon: the sockets cannot be read: dump of sockets: Operation not permitted; "
        "run as root or with CAP_NET_ADMIN"
    ]
    assert len(kept.ticks) == 1
    assert said[0].endswith(told.texts[0])
    assert told.texts[1:] == ["40 connections, 0 suspects"]


def test_once_ticks_twice_and_again_while_connections_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rates need two snapshots, and so do suspects."""
    for age, ticks in ((0.0, 2), (9.0, 2), (6.0, 4)):
        stop = threading.Event()
        watched, kept = Host(mute=40, age_s=age).watch(), Kept(stop, 9)
        monkeypatch.setattr(watched, "pause_s", lambda: 0.0)
        watch.run_once(watched, kept, stop)
        assert len(kept.ticks) == ticks


def test_own_addresses_of_this_host_hold_loopback() -> None:
    """The real reader, on the real kernel."""
    assert b"\x7f\x00\x00\x01" in watch.read_own_addresses()
