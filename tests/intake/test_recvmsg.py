"""recvmsg: one datagram by each call; test_reader has what both ways have in common."""

from __future__ import annotations

import os
import socket

from ideolab_f2b.intake import datagram
from ideolab_f2b.intake.reader import Refusal
from ideolab_f2b.intake.recvmsg import Recvmsg


def test_a_datagram_that_was_cut_is_refused(pair: tuple[socket.socket, socket.socket]) -> None:
    """Its end is lost; the kernel says so by a flag."""
    sender, receiver = pair
    sender.send(b"x" * (datagram.SIZE + 1))

    assert Recvmsg().receive(receiver, {os.geteuid()}) == ([], [Refusal(os.geteuid(), True)])
