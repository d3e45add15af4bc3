"""reader: both ways of reading give the same, and there is always one."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from ideolab_f2b.intake import datagram, reader
from ideolab_f2b.intake.reader import BATCH, Reader, Refusal
from ideolab_f2b.intake.recvmmsg import Recvmmsg
from ideolab_f2b.intake.recvmsg import Recvmsg

WAYS = [Recvmmsg, Recvmsg]
ME = os.geteuid()


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_socket_gives_nothing(way: type[Reader], pair: tuple[socket.socket, socket.socket]) -> None:
    """It does not wait for a datagram."""
    _sender, receiver = pair

    assert way().receive(receiver, {ME}) == ([], [])


@pytest.mark.parametrize("way", WAYS)
def test_a_stranger_is_refused_by_its_number(
    way: type[Reader], pair: tuple[socket.socket, socket.socket]
) -> None:
    """The datagrams round it are taken, in their order."""
    sender, receiver = pair
    sender.send(b"one")
    sender.send(b"two")

    assert way().receive(receiver, {ME}) == ([b"one", b"two"], [])
    sender.send(b"three")
    assert way().receive(receiver, {ME + 1}) == ([], [Refusal(ME, False)])


@pytest.mark.parametrize("way", WAYS)
def test_whole_datagrams_of_the_senders(way: type[Reader], pair: tuple[socket.socket, socket.socket]) -> None:
    """Empty, binary and of the greatest size; a longer one is refused with its user's number."""
    sender, receiver = pair
    sent = [b"", b"a\n\0\xff", b"x" * datagram.SIZE, b"y" * (datagram.SIZE + 1), b"last"]
    for data in sent:
        sender.send(data)

    assert way().receive(receiver, {ME}) == ([*sent[:3], b"last"], [Refusal(ME, True)])


@pytest.mark.parametrize("way", WAYS)
def test_other_users_are_refused(way: type[Reader], pair: tuple[socket.socket, socket.socket]) -> None:
    """Each is told, with its number."""
    sender, receiver = pair
    sender.send(b"one")
    sender.send(b"two")

    assert way().receive(receiver, {ME + 1}) == ([], [Refusal(ME, False)] * 2)


@pytest.mark.parametrize("way", WAYS)
def test_nobody_has_the_credentials_of_the_one_before(
    way: type[Reader], pair: tuple[socket.socket, socket.socket]
) -> None:
    """A datagram that the kernel names no user of is not taken for the last user's."""
    sender, receiver = pair
    found = way()
    sender.send(b"one")
    assert found.receive(receiver, {ME}) == ([b"one"], [])
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    sender.send(b"two")

    assert found.receive(receiver, {ME, 0}) == ([], [Refusal(0xFFFFFFFF, False)])


@pytest.mark.parametrize("way", WAYS)
def test_one_reader_serves_many_calls(way: type[Reader], pair: tuple[socket.socket, socket.socket]) -> None:
    """Long ones leave nothing in the short ones after them."""
    sender, receiver = pair
    found = way()
    for size in (9000, 3, 500, 0, 1):
        sender.send(b"z" * size)
        assert found.receive(receiver, {ME}) == ([b"z" * size], [])
    assert found.receive(receiver, {ME}) == ([], [])


@pytest.mark.parametrize("way", WAYS)
def test_a_closed_socket_is_an_error(way: type[Reader], pair: tuple[socket.socket, socket.socket]) -> None:
    """Never an endless loop that reads nothing."""
    found = way()
    pair[1].close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        found.receive(pair[1], {ME})


def test_a_batch_has_a_bound() -> None:
    """256 of 64 KiB are the most memory that it can take."""
    assert BATCH * datagram.SIZE == 16 << 20


def test_the_fast_way_is_taken_where_it_loads() -> None:
    """As on every distribution's Python."""
    assert type(reader.best_reader()) is Recvmmsg


def test_without_ctypes_there_is_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small Python, or a sandbox that forbids it."""
    monkeypatch.delitem(sys.modules, "ideolab_f2b.intake.recvmmsg")
    monkeypatch.setitem(sys.modules, "ctypes", None)

    assert type(reader.best_reader()) is Recvmsg
