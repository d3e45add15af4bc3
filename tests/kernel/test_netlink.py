"""netlink: packing, the answers of a kernel, and what happens when they are cut, late or missing."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel import netlink


def _flagless(messages: list[tuple[int, bytes]]) -> Iterator[tuple[int, int, bytes]]:
    return ((kind, 0, payload) for kind, payload in messages)


class FakeSocket:
    """A kernel of prepared datagrams, numbered like the request; `late` comes before each of them."""

    def __init__(self, *datagrams: list[tuple[int, bytes]]) -> None:
        self.sent: list[bytes] = []
        self.datagrams = list(datagrams)
        self.late = b""

    def send(self, data: bytes) -> int:
        self.sent.append(data)
        return len(data)

    def recv(self, _size: int) -> bytes:
        if not self.datagrams:
            raise TimeoutError("timed out")
        sequence = struct.unpack_from("=I", self.sent[-1], 8)[0]
        messages = self.datagrams.pop(0)
        return self.late + b"".join(netlink.message(*item, sequence) for item in _flagless(messages))

    def close(self) -> None:
        self.sent.append(b"closed")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[netlink.Channel, FakeSocket]]:
    """A channel whose socket is a FakeSocket."""
    with netlink.Channel(socket.NETLINK_ROUTE) as channel:
        channel._socket.close()
        kernel = FakeSocket()
        monkeypatch.setattr(channel, "_socket", kernel)
        yield channel, kernel


def code(number: int) -> bytes:
    """The payload of an acknowledgement."""
    return struct.pack("=i", -number)


def test_attributes_are_padded_to_four_bytes() -> None:
    """The length counts the header and not the padding."""
    assert netlink.attribute(2, b"abc\0x") == b"\x09\0\x02\0abc\0x\0\0\0"
    assert netlink.nest(7, netlink.attribute(1, b"\x06")) == b"\x0c\0\x07\x80\x05\0\x01\0\x06\0\0\0"


def test_attributes_there_and_back() -> None:
    """Flags are taken off the type."""
    payload = netlink.nest(7, b"") + netlink.attribute(2 | netlink.NETWORK_ORDER, b"ab")

    assert list(netlink.unpack_attributes(payload)) == [(7, b""), (2, b"ab")]


@given(st.binary())
def test_no_bytes_make_the_walks_raise_or_hang(data: bytes) -> None:
    """A cut or absurd length ends the walk."""
    assert sum(len(value) + 4 for _kind, value in netlink.unpack_attributes(data)) <= len(data)
    assert sum(len(item.payload) + 16 for item in netlink.unpack_messages(data, 0)) <= len(data)


def test_request_gives_the_errno_of_its_own_answer(fake: tuple[netlink.Channel, FakeSocket]) -> None:
    """The late answer of an earlier request is passed over."""
    channel, kernel = fake
    kernel.datagrams = [[(netlink.ERROR, code(0))], [], [(netlink.ERROR, code(errno.EEXIST))]]
    assert channel.request(5, b"x") == 0

    kernel.late = netlink.message(netlink.ERROR, 0, code(errno.EPERM), 1)
    assert channel.request(5, b"x") == errno.EEXIST


def test_dump_ends_at_done_and_raises_its_error(fake: tuple[netlink.Channel, FakeSocket]) -> None:
    """What came before the error has been given out; the error has the kernel's number."""
    channel, kernel = fake
    kernel.datagrams = [[(20, b"one!"), (20, b"two!")], [(netlink.DONE, code(0))]]
    assert list(channel.dump(20, b"")) == [b"one!", b"two!"]

    kernel.datagrams = [[(20, b"one!")], [(netlink.DONE, code(errno.EINTR))]]
    with pytest.raises(InterruptedError):
        list(channel.dump(20, b""))


def test_a_silent_kernel_is_an_error(fake: tuple[netlink.Channel, FakeSocket]) -> None:
    """A ban never waits for ever."""
    channel, _kernel = fake
    with pytest.raises(TimeoutError):
        channel.request(5, b"")


class CommandSocket:
    """A kernel that refuses with each of `answers` (0: it does not), and may lack memory for an answer."""

    def __init__(self, *answers: int) -> None:
        self.answers, self.error, self.sequence = list(answers), 0, 0

    def send(self, data: bytes) -> int:
        self.sequence = struct.unpack_from("=I", data, 8)[0]
        return len(data)

    def getsockopt(self, _level: int, option: int, size: int = 0) -> object:
        if size:
            return struct.pack("=I", bool(self.answers and self.answers[0]))
        assert option == socket.SO_ERROR
        error, self.error = self.error, 0
        return error

    def recv(self, _size: int, _flags: int) -> bytes:
        return netlink.message(netlink.ERROR, 0, code(self.answers.pop(0)), self.sequence)

    def close(self) -> None:
        self.answers.clear()


def test_what_is_wrong_with_one_command_is_not_told_of_the_next(
    fake: tuple[netlink.Channel, FakeSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal, and no memory for another answer: both are over when the command is."""
    kernel = CommandSocket(errno.ENOENT)
    monkeypatch.setattr(fake[0], "_socket", kernel)
    kernel.error = errno.ENOBUFS
    assert fake[0].command(1, b"") == errno.ENOENT
    assert fake[0].command(1, b"") == 0

    kernel.error = errno.ENOBUFS
    assert fake[0].command(1, b"") == errno.ENOBUFS
    assert fake[0].command(1, b"") == 0


def test_an_unknown_protocol_names_the_module() -> None:
    """The error says what to load."""
    with pytest.raises(netlink.ModuleMissingError, match="modprobe") as caught:
        netlink.Channel(31)

    assert str(caught.value).startswith("netlink protocol 31: ")


def test_the_real_kernel_answers() -> None:
    """The addresses of loopback, from rtnetlink, without privilege."""
    with netlink.Channel(socket.NETLINK_ROUTE) as channel:
        payloads = list(channel.dump(22, struct.pack("=BBBBI", socket.AF_INET, 0, 0, 0, 0)))

    assert any((2, b"\x7f\0\0\x01") in netlink.unpack_attributes(payload, 8) for payload in payloads)


class TimeoutSocket:
    """A socket whose kernel wants `size` bytes for SO_RCVTIMEO; 0: it knows no such option."""

    def __init__(self, size: int) -> None:
        self.size, self.values = size, list[bytes]()

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_RCVTIMEO)
        if not self.size or len(value) < self.size:
            raise OSError(errno.EINVAL if self.size else errno.ENOPROTOOPT, "refused")
        self.values.append(value)


def test_timeout_of_every_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 bits, 32 bits, and 32 bits with a time of 64 (Debian 13 armhf); without any the kernel sets none."""
    long32 = struct.Struct("=ii")
    wide, narrow, newer, none = (TimeoutSocket(size) for size in (16, 8, 16, 0))
    assert netlink.set_receive_timeout(wide, 5)  # type: ignore[arg-type]
    monkeypatch.setattr(netlink, "_TIMEVALS", (long32, netlink._TIMEVALS[1]))
    assert netlink.set_receive_timeout(narrow, 5)  # type: ignore[arg-type]
    assert netlink.set_receive_timeout(newer, 5)  # type: ignore[arg-type]
    assert not netlink.set_receive_timeout(none, 5)  # type: ignore[arg-type]

    assert wide.values == newer.values == [struct.pack("=qq", 5, 0)]
    assert narrow.values == [struct.pack("=ii", 5, 0)]


def test_a_kernel_that_takes_no_timeout_hangs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait has an end all the same, and an answer that is there is taken."""
    monkeypatch.setattr(netlink, "_TIMEVALS", ())
    monkeypatch.setattr(netlink, "ANSWER_TIMEOUT_S", 0.01)
    with netlink.Channel(socket.NETLINK_ROUTE) as channel:
        assert list(channel.dump(22, struct.pack("=BBBBI", socket.AF_INET, 0, 0, 0, 0)))
        with pytest.raises(TimeoutError, match="the kernel did not answer"):
            channel._receive()
        with pytest.raises(TimeoutError, match="the kernel did not answer"):
            # a header that asks for nothing is answered by nothing
            next(channel.datagrams(netlink.NOOP, b"", memoryview(bytearray(64)), 0))
