"""sock_diag: recorded dumps without root, and real sockets beside what ss says of them."""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections.abc import Hashable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError, message
from ideolab_f2b.kernel.sockets import dump as inet_dump
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.dump import Parser
from ideolab_f2b.kernel.sockets.inet_diag import DumpError, dump_request, fold, peer_condition
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
from ideolab_f2b.kernel.sockets.tcp_info import layout
from tests.kernel.scene import Scene, as_nobody, eventually, scene

RECORDED = Path(__file__).with_name("recorded")
DUMPS = {path.stem: path.read_bytes() for path in RECORDED.glob("*.dump")}
#: what recorded/record.py played; state 3 is SYN-RECV, 8 CLOSE-WAIT; inode 0 where it was not accepted
ROWS: list[Row] = [
    (10, 1, 0, 0, 36778, b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0q\x07", 200001, 0, 0, 847476,
     3012, 3012, 3012, 0, 0, 0, 0, 0, 0),
    (2, 1, 0, 0, 19841, b"\xc63d\x02\0\0\0\0\0\0\0\0\0\0\0\0", 200002, 200, 0, 847444,
     3220, 3220, 3220, 0, 200, 1, 0, 0, 0),
    (10, 1, 0, 0, 53228, b" \x01\r\xb8\0\x0c\0\0\0\0\0\0\0\0\0\t", 200003, 0, 0, 0,
     3000, 3000, 3000, 0, 0, 0, 0, 0, 0),
    (10, 1, 0, 0, 15261, b" \x01\r\xb8\0\x0c\0\0\0\0\0\0\0\0\0\x03", 200004, 0, 0, 849388,
     3004, 3004, 3004, 3000, 517, 1, 3, 0, 0),
    (2, 8, 0, 0, 33181, b"\xc63d\x05\0\0\0\0\0\0\0\0\0\0\0\0", 200005, 1, 0, 847448,
     3220, 3220, 3220, 0, 1, 0, 0, 0, 0),
    (2, 1, 0, 0, 9097, b"\xc63d\x01\0\0\0\0\0\0\0\0\0\0\0\0", 200006, 0, 0, 847442,
     3220, 3220, 3220, 0, 0, 0, 0, 0, 0),
    (2, 1, 4, 0, 46514, b"\xc63d\x04\0\0\0\0\0\0\0\0\0\0\0\0", 200007, 0, 33580, 847446,
     3220, 3220, 1668, 1460, 0, 0, 2, 3220000, 3220000),
    (10, 3, 1, 3, 63918, b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0q\x08", 200008, 0, 0, 0,
     0, 0, 0, 0, 0, 0, 0, 0, 0),
    (10, 3, 1, 3, 42917, b"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc63d\x06", 200009, 0, 0, 0,
     0, 0, 0, 0, 0, 0, 0, 0, 0),
]  # fmt: skip


def messages(dump: bytes) -> list[bytes]:
    """The messages of a recorded dump."""
    found = []
    while dump:
        length = struct.unpack_from("=I", dump)[0]
        found.append(dump[:length])
        dump = dump[length:]
    return found


def error(code: int) -> bytes:
    """The kernel's refusal of a dump."""
    return message(2, 0, struct.pack("=i", -code) + bytes(16))


def with_info(size: int) -> bytes:
    """The first recorded connection as a kernel with a shorter struct tcp_info would tell it."""
    whole = messages(DUMPS["unprivileged"])[0]
    offset = whole.index(struct.pack("=HH", 4 + 280, 2))
    cut = whole[16:offset] + struct.pack("=HH", 4 + size, 2) + whole[offset + 4 : offset + 4 + size]
    return message(20, 2, cut)


@pytest.mark.parametrize("name", ["privileged", "unprivileged"])
def test_recorded_dump(name: str) -> None:
    """The same sockets are the same rows, though root is told more attributes and so other offsets."""
    assert len(messages(DUMPS[name])[0]) == {"privileged": 408, "unprivileged": 400}[name]
    assert sock_diag.parse(DUMPS[name]) == ROWS


@pytest.mark.parametrize("name", ["privileged", "unprivileged"])
def test_the_two_ways_of_reading_agree(name: str) -> None:
    """A datagram of equal messages, read in one go, gives the rows of a walk from message to message."""
    equal = b"".join(messages(DUMPS[name])[:7])
    parser = Parser(layout, "test")
    walked, at_once = parser.records(memoryview(equal)), parser.records(memoryview(equal))

    assert isinstance(walked, list) and not isinstance(at_once, list)
    assert walked == list(at_once) == ROWS[:7]
    assert not parser.is_finished


def test_equal_lengths_with_other_attributes() -> None:
    """A message as long as those before, whose tcp_info stands elsewhere, is read where it stands."""
    first, second = messages(DUMPS["unprivileged"])[:2]
    offset = first.index(struct.pack("=HH", 4 + 280, 2))
    # the attributes before tcp_info come after it
    moved = second[:88] + second[offset:] + second[88:offset]
    parser = Parser(layout, "test")

    assert list(parser.records(memoryview(first + moved))) == ROWS[:2]
    assert list(parser.records(memoryview(first + moved))) == ROWS[:2]


def test_short_tcp_info() -> None:
    """A kernel whose tcp_info ends early has zeros for the fields it does not know."""
    served = messages(DUMPS["unprivileged"])[0]
    assert sock_diag.parse(served) == [ROWS[0]]
    assert sock_diag.parse(with_info(104)) == [(*ROWS[0][:ACKED], 0, 0, 0, 0, 0, 0)]
    assert sock_diag.parse(with_info(48)) == [(*ROWS[0][:LASTRCV_MS], 0, 0, 0, 0, 0, 0, 0, 0)]


def test_interrupted_dump() -> None:
    """NLM_F_DUMP_INTR on a message (sockets came and went meanwhile) changes nothing."""
    first, *others = messages(DUMPS["privileged"])
    flagged = first[:6] + struct.pack("=H", 0x12) + first[8:]
    assert sock_diag.parse(flagged + b"".join(others)) == ROWS


@pytest.mark.parametrize(
    ("dump", "text"),
    [
        (b"", "a datagram of 0 bytes"),
        (bytes(16), "a message of 0 bytes, 16 bytes before the end"),
        (message(20, 2, bytes(12)), "a socket of 28 bytes"),
        (message(4, 2, bytes(4)), "a message of type 4"),
        (message(20, 2, bytes(72) + struct.pack("=HH", 3, 2)), "an attribute of 3 bytes, 4 bytes before"),
        (message(20, 2, bytes(72) + struct.pack("=HH", 9, 2)), "an attribute of 9 bytes, 4 bytes before"),
    ],
)
def test_garbled_dump(dump: bytes, text: str) -> None:
    """What is no dump of sockets is an error that says what was wrong and what to do."""
    with pytest.raises(DumpError) as raised:
        sock_diag.parse(dump)
    assert str(raised.value).startswith(f"dump of sockets: {text}")
    assert str(raised.value).endswith("feed `ss -tnoi` to `ideolab-f2b connmon --snapshot -`")


@pytest.mark.parametrize("cut", [1, 15, 17, 100, 407, 409])
def test_cut_dump(cut: int) -> None:
    """A dump that ends inside a message is an error."""
    with pytest.raises(DumpError):
        sock_diag.parse(DUMPS["privileged"][:cut])


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        (2, ModuleMissingError, "No such file or directory; load the kernel module: modprobe tcp_diag"),
        (1, PermissionDeniedError, "Operation not permitted; run as root or with CAP_NET_ADMIN"),
        (22, DumpError, "Invalid argument; it is tried again; if it stays, "
         "feed `ss -tnoi` to `ideolab-f2b connmon --snapshot -`"),
    ],
)  # fmt: skip
def test_refused_dump(code: int, kind: type[KernelError], text: str) -> None:
    """Each refusal of the kernel has a name and a way out, also when it comes with the last message."""
    done = message(3, 2, struct.pack("=i", -code))
    for dump in (error(code), DUMPS["privileged"][:-20] + done):
        with pytest.raises(kind) as raised:
            sock_diag.parse(dump)
        assert str(raised.value) == f"recorded dump: {text}"


@given(
    name=st.sampled_from(sorted(DUMPS)),
    changes=st.lists(st.tuples(st.integers(0, 4095), st.binary(min_size=1, max_size=4)), max_size=6),
    cut=st.integers(0, 4095),
)
def test_mutated_dump(name: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    """Whatever the bytes, there are rows of 19 fields or a named error, in both ways of reading."""
    dump = bytearray(DUMPS[name])
    for offset, data in changes:
        offset %= len(dump)
        dump[offset : offset + len(data)] = data
    parser = Parser(layout, "test")
    for datagram in (DUMPS[name][:2800], dump[: cut % len(dump)]):
        try:
            assert {len(row) for row in parser.records(memoryview(datagram))} <= {19}
        except KernelError:
            continue


def test_fold() -> None:
    """A peer is 4 or 16 bytes, and the same for an IPv4 client whichever family the listener has."""
    v4, v6 = socket.AF_INET, socket.AF_INET6
    assert fold(v4, b"\xc6\x33\x64\x01" + bytes(12)) == b"\xc6\x33\x64\x01"
    assert fold(v6, bytes(10) + b"\xff\xff\xc6\x33\x64\x01") == b"\xc6\x33\x64\x01"
    # 2a01:4f8:: looks like the IPv4 peer 42.1.4.248
    assert fold(v6, b"\x2a\x01\x04\xf8" + bytes(12)) == b"\x2a\x01\x04\xf8" + bytes(12)


def test_request_bytes() -> None:
    """The requests as the kernel's headers lay them out."""
    assert dump_request(443, 0x2, with_info=True) == (
        b"\0\0\0\x02" + b"\x01\xbb\0\0" + bytes(36) + b"\xff" * 8 + struct.pack("=II", 2, 0)
    )
    assert peer_condition(b"\xc6\x33\x64\0", 24) == (
        struct.pack("=HH", 20, 1) + struct.pack("=BBHBBHi", 8, 16, 20, 2, 24, 0, -1) + b"\xc6\x33\x64\0"
    )


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
    with stage.server.entered():
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
    with stage.server.entered():
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
    # until the last segments are acknowledged and the zero windows known
    time.sleep(1)
    ours, theirs = told_by_us(stage), told_by_ss(stage)

    assert len(ours) == 24
    assert ours == theirs
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
    assert eventually(lambda: len(seen(stage)) == 2)
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
    with stage.server.entered():
        rows = list(sock_diag.rows(443))

    assert len(rows) == 500 == len({row[COOKIE] for row in rows})
    assert {socket.ntohs(row[PEER_PORT_BE]) for row in rows} == ports


@pytest.mark.root
def test_without_privilege(stage: Scene) -> None:
    """A process without any privilege reads the same row as root."""
    listener = stage.listen("192.0.2.1")
    client, _accepted = stage.pair(listener, "198.51.100.1")
    client.sendall(bytes(77))
    assert eventually(lambda: seen(stage)["198.51.100.1"][RECEIVED] == 77)
    with stage.server.entered():
        told = as_nobody(lambda: [(row[PEER][:4], row[INODE], row[RECEIVED]) for row in sock_diag.rows(443)])

    assert told == repr([(b"\xc63d\x01", seen(stage)["198.51.100.1"][INODE], 77)])


@pytest.mark.root
def test_abandoned_snapshot(stage: Scene) -> None:
    """A reader that stops half-way leaves no socket open, and the next one starts afresh."""
    listener = stage.listen("192.0.2.1")
    stage.pair(listener, "198.51.100.1")
    before = os.listdir("/proc/self/fd")
    with stage.server.entered():
        rows = sock_diag.rows(443)
        next(rows)
        del rows
        assert len(list(sock_diag.rows(443))) == 1

    assert os.listdir("/proc/self/fd") == before
