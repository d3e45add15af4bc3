"""Asks again and again, from an attacker's address, whether the server still answers a SYN."""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import Optional

from demo.attacker import connect

#: both ends are on this machine: an answer takes far less
ANSWER_S = 0.2
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def is_answered(address: str) -> bool:
    """Whether one SYN from this address gets an answer now; for a thread in the client's namespace."""
    try:
        client = connect(address, ANSWER_S)
    except OSError:
        return False
    _forget(client)
    return True


def _forget(client: socket.socket) -> None:
    # no FIN: a probe leaves nothing that connmon could count
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    client.close()


class Probe:
    """One SYN at a time; made and stepped in a thread that is in the client's namespace."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Optional[socket.socket] = None
        self._sent = 0.0

    def step(self) -> Optional[float]:
        """Return when a SYN was sent that stayed without answer; None as long as the server answers."""
        if self._client is None:
            self._sent = time.monotonic()
            self._client = connect(self._address, timeout_s=0)
            return None
        answered = bool(select.select([], [self._client], [], 0)[1])
        if not answered and time.monotonic() - self._sent < ANSWER_S:
            return None
        self.close()
        return None if answered else self._sent

    def close(self) -> None:
        """Forget the SYN that has no answer yet."""
        if self._client is not None:
            _forget(self._client)
            self._client = None
