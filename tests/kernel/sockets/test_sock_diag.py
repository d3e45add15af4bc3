"""sock_diag: real sockets beside what ss says of them, and a kernel that breaks off."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Hashable, Iterator

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.kernel.sockets import dump as inet_dump
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import DumpError, fold
from ideolab_f2b.kernel.sockets.row import (
    ACKED,
    BUSY_US,
    COOKIE,
    DATA_SEGS_IN,
    FAMILY,
    INODE,
    LASTRCV_MS,
    LASTSND_MS,
    PEER,
    PEER_PORT_BE,
    RECEIVED,
    RQUEUE,
    RWND_LIMITED_US,
    STATE,
    TIMER,
    WQUEUE,
    Row,
)
from tests.kernel.scene import Scene, as_nobody, scene
from tests.kernel.sockets.dumps import DUMPS, ROWS, messages


class SilentChannel:
    """A kernel that says nothing, or breaks off, in place of netlink.Channel."""

    failure: OSError = TimeoutError("timed out")

    def __init__(self, _protocol: int) -> None:
        self.is_open = True

    def __enter__(self) -> SilentChannel:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.is_open = False

    def datagrams(self, _kind: int, _payload: bytes, buffer: memoryview) -> Iterator[int]:
        buffer[:408] = messages(DUMPS["privileged"])[0]
        yield 408
        raise self.failure


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (TimeoutError("timed out"), "sockets of port 443: Connection timed out; it is tried again"),
        (OSError(105, "No buffer space available"), "sockets of port 443: No buffer space available; it is"),
    ],
)
def test_broken_off(monkeypatch: pytest.MonkeyPatch, failure: OSError, text: str) -> None:
    """A dump that breaks off is an error after the rows that came, never a short snapshot."""
    monkeypatch.setattr(inet_dump, "Channel", SilentChannel)
    monkeypatch.setattr(SilentChannel, "failure", failure)
    rows = sock_diag.rows(443)
    assert next(rows) == ROWS[0]
    with pytest.raises(DumpError) as raised:
        next(rows)
    assert str(raised.value).startswith(text)


@pytest.fixture
def stage() -> Iterator[Scene]:
    """Two namespaces and what can be played in them."""
    with scene() as made:
        yield made


def seen(stage: Scene, port: int = 443) -> dict[str, Row]:
    """The rows of the server by the peer's address."""
    with stage.server.enter():
        rows = list(sock_diag.rows(port))
    return {socket.inet_ntop(*_folded(row)): row for row in rows}


def _folded(row: Row) -> tuple[int, bytes]:
    packed = fold(row[FAMILY], row[PEER])
    return socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed


SS_STATES = {"ESTAB": 1, "SYN-RECV": 3, "FIN-WAIT-1": 4, "CLOSE-WAIT": 8, "LAST-ACK": 9, "CLOSING": 11}
SS_TIMERS = {"on": 1, "keepalive": 2, "timewait": 3, "persist": 4, "unknown": 5}


def told_by_ss(stage: Scene) -> dict[Hashable, tuple[object, ...]]:
    """{cookie: what `ss` tells of the server's sockets of port 443}."""
    found: dict[Hashable, tuple[object, ...]] = {}
    for line in stage.server.run("ss", "-Htnaoei", "-O", "sport = :443").splitlines():
        state, rqueue, wqueue, _local, peer, *_rest = line.split()
        if state not in SS_STATES:
            continue
        cookie = int(re.findall(r"\bsk:([0-9a-f]+)", line)[0], 16)
        timer = re.findall(r"timer:\((\w+)", line)

        def number(name: str, text: str = line) -> int:
            return int((re.findall(rf"\b{name}:(\d+)", text) or ["0"])[0])

        found[cookie] = (
            SS_STATES[state], SS_TIMERS[timer[0]] if timer else 0, int(peer.rpartition(":")[2]),
            int(rqueue), int(wqueue), number("ino"), number("bytes_acked"), number("bytes_received"),
            number("data_segs_in"), number("data_segs_out"),
        )  # fmt: skip
    return found


def told_by_us(stage: Scene) -> dict[Hashable, tuple[object, ...]]:
    with stage.server.enter():
        rows = list(sock_diag.rows(443))
    return {
        row[COOKIE]: (
            row[STATE],
            row[TIMER],
            socket.ntohs(row[PEER_PORT_BE]),
            *row[RQUEUE:LASTSND_MS],
            *row[ACKED:BUSY_US],
        )
        for row in rows
    }


def _difference(stage: Scene) -> str:
    """What one of the two tells and the other does not."""
    return str(set(told_by_us(stage).items()) ^ set(told_by_ss(stage).items()))


@pytest.mark.root
def test_rows_agree_with_ss(stage: Scene) -> None:
    """Every connection of every kind is what ss says it is, field by field."""
    with stage.listen("192.0.2.1") as v4:
        for host in range(1, 20):
            client, accepted = stage.pair(v4, f"198.51.100.{host}", window=2304 if host % 4 == 3 else 0)
            client.sendall(bytes(100 * (host % 4)))
            if host % 4 == 3:
                stage.fill(accepted)
            elif host % 4 == 2:
                client.shutdown(socket.SHUT_WR)
    both = stage.listen("::")
    stage.pair(both, "203.0.113.1")
    stage.pair(both, "2001:db8:c::1")
    stage.connect("2001:db8:c::2")
    stage.half_open("203.0.113.3")
    stage.half_open("2001:db8:c::3")
    told: list[dict[Hashable, tuple[object, ...]]] = []

    def agree() -> bool:
        told[:] = told_by_us(stage), told_by_ss(stage)
        return len(told[0]) == 24 and told[0] == told[1]

    # until the last segments are acknowledged and the zero windows known; probes change both a moment later
    wait_until(agree, lambda: _difference(stage))
    ours = told[0]

    assert sorted(int(str(one[0])) for one in ours.values()) == [1] * 17 + [3] * 2 + [8] * 5


@pytest.mark.root
def test_times_and_window(stage: Scene) -> None:
    """The ages are in ms, and a client that does not read holds us in the zero-window timer all the time."""
    listener = stage.listen("192.0.2.1")
    client, accepted = stage.pair(listener, "198.51.100.1", window=2304)
    client.sendall(bytes(500))
    stage.fill(accepted)
    time.sleep(1.5)
    row = seen(stage)["198.51.100.1"]

    assert row[TIMER] == 4 and row[WQUEUE] > 0
    assert 1300 <= row[LASTSND_MS] < 4000 and 1300 <= row[LASTRCV_MS] < 4000
    assert row[RECEIVED] == 500 and row[DATA_SEGS_IN] == 1
    assert 0.9 * row[BUSY_US] <= row[RWND_LIMITED_US] <= row[BUSY_US]


@pytest.mark.root
def test_mapped_and_plain_peers(stage: Scene) -> None:
    """A dual-stack listener's IPv4 client is an AF_INET6 row that folds to its IPv4 address."""
    both = stage.listen("::")
    stage.pair(both, "198.51.100.1")
    stage.pair(both, "2001:db8:c::1")
    found = seen(stage)

    assert set(found) == {"198.51.100.1", "2001:db8:c::1"}
    assert found["198.51.100.1"][FAMILY] == found["2001:db8:c::1"][FAMILY] == socket.AF_INET6


@pytest.mark.root
def test_not_accepted(stage: Scene) -> None:
    """A connection that waits for accept() is ESTABLISHED with inode 0; afterwards it has one."""
    listener = stage.listen("192.0.2.1")
    stage.connect("198.51.100.1")
    waiting = seen(stage)["198.51.100.1"]
    stage.accept(listener)
    accepted = seen(stage)["198.51.100.1"]

    assert (waiting[STATE], waiting[INODE]) == (1, 0)
    assert accepted[STATE] == 1 and accepted[INODE] > 0
    assert accepted[COOKIE] == waiting[COOKIE]


@pytest.mark.root
def test_half_open(stage: Scene) -> None:
    """A peer that never answers our SYN-ACK is SYN-RECV, without tcp_info, in both families."""
    stage.listen("::")
    stage.half_open("198.51.100.1")
    stage.half_open("2001:db8:c::1")
    wait_until(lambda: len(seen(stage)) == 2, "the kernel does not show both connections")
    for row in seen(stage).values():
        assert (row[STATE], row[TIMER], row[INODE]) == (3, 1, 0)
        assert row[LASTSND_MS:] == (0,) * 9


@pytest.mark.root
def test_one_port(stage: Scene) -> None:
    """Only the connections of the asked local port are there, listeners never."""
    first, second = stage.listen("192.0.2.1"), stage.listen("192.0.2.1", 8443)
    stage.pair(first, "198.51.100.1")
    stage.pair(second, "198.51.100.2", 8443)

    assert set(seen(stage)) == {"198.51.100.1"}
    assert set(seen(stage, 8443)) == {"198.51.100.2"}
    assert seen(stage, 80) == {}


@pytest.mark.root
def test_more_than_a_datagram(stage: Scene) -> None:
    """Five hundred connections fill several datagrams; each is there once."""
    listener = stage.listen("192.0.2.1")
    ports = {stage.pair(listener, f"198.51.100.{1 + n % 250}")[0].getsockname()[1] for n in range(500)}
    with stage.server.enter():
        rows = list(sock_diag.rows(443))

    assert len(rows) == 500 == len({row[COOKIE] for row in rows})
    assert {socket.ntohs(row[PEER_PORT_BE]) for row in rows} == ports


@pytest.mark.root
def test_without_privilege(stage: Scene) -> None:
    """A process without any privilege reads the same row as root."""
    listener = stage.listen("192.0.2.1")
    client, _accepted = stage.pair(listener, "198.51.100.1")
    client.sendall(bytes(77))
    wait_until(lambda: seen(stage)["198.51.100.1"][RECEIVED] == 77, "77 octets have not come")
    with stage.server.enter():
        told = as_nobody(lambda: [(row[PEER][:4], row[INODE], row[RECEIVED]) for row in sock_diag.rows(443)])

    assert told == repr([(b"\xc63d\x01", seen(stage)["198.51.100.1"][INODE], 77)])


@pytest.mark.root
def test_abandoned_snapshot(stage: Scene) -> None:
    """A reader that stops half-way leaves no socket open, and the next one starts afresh."""
    listener = stage.listen("192.0.2.1")
    stage.pair(listener, "198.51.100.1")
    before = os.listdir("/proc/self/fd")
    with stage.server.enter():
        rows = sock_diag.rows(443)
        next(rows)
        del rows
        assert len(list(sock_diag.rows(443))) == 1

    assert os.listdir("/proc/self/fd") == before
