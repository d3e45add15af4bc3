"""One request and its answer over TCP, within one deadline for all of it: name, connection, every byte."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

_PIECE = 65536


class ExchangeError(OSError):
    """The server was not reached, or did not go on, within the deadline; the text says how far it came."""


class Deadline:
    """When all of it has to be over, as time.monotonic(); who reads the answer may bring it forward."""

    def __init__(self, at: float) -> None:
        self._at = at

    def left(self) -> float:
        """Seconds; ExchangeError when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise ExchangeError("no complete answer in time")
        return left

    def shorten(self, seconds: float) -> None:
        self._at = min(self._at, time.monotonic() + seconds)


class Exchange:
    """The questions of one server; a name that its resolver never answers is asked for by one thread only."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._naming: threading.Thread | None = None
        self._named: list[Any] | OSError = []

    def pieces(self, request: bytes, deadline: Deadline, limit: int) -> Iterator[bytes]:
        """The answer as it comes, until the server closes; more than `limit` bytes are an error."""
        with self._connected(deadline) as connection:
            connection.setblocking(False)
            left = memoryview(request)
            while True:
                readable, writable = _wait(connection, bool(left), deadline)
                if writable:
                    left = left[_sent(connection, left) :]
                if not readable:
                    continue
                piece = _received(connection)
                if piece == b"":
                    return
                limit -= len(piece or b"")
                if limit < 0:
                    raise ExchangeError("the answer is too long")
                if piece:
                    yield piece

    def _connected(self, deadline: Deadline) -> socket.socket:
        addresses = self._addresses(deadline)
        last: OSError = ExchangeError("the name has no address")
        for position, (family, kind, protocol, _name, address) in enumerate(addresses):
            share = deadline.left() / (len(addresses) - position)
            connection = socket.socket(family, kind, protocol)
            # each of a name's addresses gets its share: the first may be a black hole
            connection.settimeout(share)
            try:
                connection.connect(address)
                return connection
            except OSError as error:
                connection.close()
                last = error
            deadline.left()
        raise ExchangeError(f"no connection: {last}") from last

    def _addresses(self, deadline: Deadline) -> list[Any]:
        try:
            return self._lookup(socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            pass
        # getaddrinfo() knows no deadline
        if self._naming is None or not self._naming.is_alive():
            self._named = []
            self._naming = threading.Thread(target=self._name, name="ideolab-name", daemon=True)
            self._naming.start()
        self._naming.join(deadline.left())
        if self._naming.is_alive():
            raise ExchangeError("the name is not resolved in time")
        if isinstance(self._named, OSError):
            raise ExchangeError(f"the name is not resolved: {self._named}")
        return self._named

    def _name(self) -> None:
        try:
            self._named = self._lookup(0)
        except OSError as error:
            self._named = error
        except UnicodeError as error:
            self._named = OSError(str(error))

    def _lookup(self, flags: int) -> list[Any]:
        return socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=flags)


def _wait(connection: socket.socket, is_writing: bool, deadline: Deadline) -> tuple[bool, bool]:
    # poll(), not select(): fail2ban may have more than 1024 descriptors
    poll = select.poll()
    poll.register(connection, select.POLLIN | (select.POLLOUT if is_writing else 0))
    events = poll.poll(deadline.left() * 1000)
    deadline.left()
    flags = events[0][1] if events else 0
    return bool(flags & ~select.POLLOUT), bool(flags & select.POLLOUT)


def _sent(connection: socket.socket, left: memoryview) -> int:
    try:
        return connection.send(left[:_PIECE])
    except BlockingIOError:
        return 0


def _received(connection: socket.socket) -> bytes | None:
    try:
        return connection.recv(_PIECE)
    except BlockingIOError:
        return None
