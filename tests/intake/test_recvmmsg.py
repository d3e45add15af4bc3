"""recvmmsg: many datagrams by one call; test_reader has what both ways have in common."""

from __future__ import annotations

import os
import socket

from ideolab_f2b.intake.recvmmsg import Recvmmsg


def test_more_than_one_call_takes_is_there_for_the_next(pair: tuple[socket.socket, socket.socket]) -> None:
    """Its buffers are used again, and only as many datagrams count as came."""
    sender, receiver = pair
    found = Recvmmsg()
    sender.send(b"first, and long")
    assert found.receive(receiver, {os.geteuid()}) == ([b"first, and long"], [])
    sender.send(b"next")

    assert found.receive(receiver, {os.geteuid()}) == ([b"next"], [])
