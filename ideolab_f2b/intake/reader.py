"""Protocol of the two readers of datagrams, and the choice between them."""

from __future__ import annotations

import socket
from collections.abc import Collection
from typing import NamedTuple, Protocol

#: datagrams of one socket that are read at once; each has 64 KiB at most, which bounds the memory
BATCH = 256


class Refusal(NamedTuple):
    """A datagram that is refused: its sender's number, and whether it was too long to be read whole."""

    user: int
    is_cut: bool


class Reader(Protocol):
    """Reads a socket that has SO_PASSCRED; it must not wait."""

    def receive(self, receiver: socket.socket, senders: Collection[int]) -> tuple[list[bytes], list[Refusal]]:
        """Return what is there, at most BATCH: the whole datagrams of the senders, and what else came."""
        ...


def best_reader() -> Reader:
    """Return the fastest that can be loaded: a sandbox or a small Python may lack ctypes."""
    try:
        from ideolab_f2b.intake.recvmmsg import Recvmmsg

        return Recvmmsg()
    except (ImportError, MemoryError, AttributeError):
        from ideolab_f2b.intake.recvmsg import Recvmsg

        return Recvmsg()
