"""recvmmsg: many datagrams by one call; test_reader has what both ways have in common."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.intake.reader import Refusal
from ideolab_f2b.intake.recvmmsg import Recvmmsg


@pytest.fixture
def receiver(place: Path) -> Iterator[socket.socket]:
    """Bound, asks for credentials, does not wait."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        found.bind(str(place / "s"))
        yield found


@pytest.fixture
def sender(receiver: socket.socket) -> Iterator[socket.socket]:
    """Connected to the receiver."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.connect(receiver.getsockname())
        yield found


def test_an_empty_socket_gives_nothing(receiver: socket.socket) -> None:
    """It does not wait for a datagram."""
    assert Recvmmsg().receive(receiver, {os.geteuid()}) == ([], [])


def test_a_stranger_is_refused_by_its_number(receiver: socket.socket, sender: socket.socket) -> None:
    """The datagrams round it are taken, in their order."""
    sender.send(b"one")
    sender.send(b"two")

    assert Recvmmsg().receive(receiver, {os.geteuid()}) == ([b"one", b"two"], [])
    sender.send(b"three")
    assert Recvmmsg().receive(receiver, {os.geteuid() + 1}) == ([], [Refusal(os.geteuid(), False)])


def test_more_than_one_call_takes_is_there_for_the_next(
    receiver: socket.socket, sender: socket.socket
) -> None:
    """Its buffers are used again, and only as many datagrams count as came."""
    found = Recvmmsg()
    sender.send(b"first, and long")
    assert found.receive(receiver, {os.geteuid()}) == ([b"first, and long"], [])
    sender.send(b"next")

    assert found.receive(receiver, {os.geteuid()}) == ([b"next"], [])
