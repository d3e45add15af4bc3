"""One request and its answer over TCP, within one deadline for all of it: name, connection, every byte."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

#: bytes that are sent or received at a time
_PIECE = 65536


class ExchangeError(OSError):
    """The server was not reached, or its answer was not complete in time; the text says which."""


class Deadline:
    """When the exchange has to end, as time.monotonic(); a reader of the answer may shorten it."""

    def __init__(self, at: float) -> None:
        self._at = at

    def remaining_s(self) -> float:
        """Return the seconds until the deadline; ExchangeError when it is over."""
        remaining_s = self._at - time.monotonic()
        if remaining_s <= 0:
            raise ExchangeError("no complete answer in time")
        return remaining_s

    def shorten(self, seconds: float) -> None:
        """Set the deadline to so many seconds from now, unless it is nearer already."""
        self._at = min(self._at, time.monotonic() + seconds)


class Exchange:
    """The requests to one server; a name that the resolver never answers is asked for by one thread only."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._resolver: threading.Thread | None = None
        self._resolved: list[Any] | OSError = []

    def pieces(self, request: bytes, deadline: Deadline, limit: int) -> Iterator[bytes]:
        """Yield the answer as it comes until the server closes; ExchangeError beyond `limit` bytes."""
        with self._connect(deadline) as connection:
            connection.setblocking(False)
            left = memoryview(request)
            while True:
                readable, writable = _wait(connection, bool(left), deadline)
                if writable:
                    left = left[_send(connection, left) :]
                if not readable:
                    continue
                piece = _receive(connection)
                if piece == b"":
                    return
                limit -= len(piece or b"")
                if limit < 0:
                    raise ExchangeError("the answer is too long")
                if piece:
                    yield piece

    def _connect(self, deadline: Deadline) -> socket.socket:
        addresses = self._addresses(deadline)
        last: OSError = ExchangeError("the name has no address")
        for position, (family, kind, protocol, _name, address) in enumerate(addresses):
            # each of a name's addresses gets its share: the first may be a black hole
            share = deadline.remaining_s() / (len(addresses) - position)
            connection = socket.socket(family, kind, protocol)
            connection.settimeout(share)
            try:
                connection.connect(address)
                return connection
            except OSError as error:
                connection.close()
                last = error
            deadline.remaining_s()
        raise ExchangeError(f"no connection: {last}") from last

    def _addresses(self, deadline: Deadline) -> list[Any]:
        try:
            return self._lookup(socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            pass
        # getaddrinfo() knows no deadline
        if self._resolver is None or not self._resolver.is_alive():
            self._resolved = []
            self._resolver = threading.Thread(target=self._resolve, name="ideolab-name", daemon=True)
            self._resolver.start()
        self._resolver.join(deadline.remaining_s())
        if self._resolver.is_alive():
            raise ExchangeError("the name is not resolved in time")
        if isinstance(self._resolved, OSError):
            raise ExchangeError(f"the name is not resolved: {self._resolved}")
        return self._resolved

    def _resolve(self) -> None:
        try:
            self._resolved = self._lookup(0)
        except OSError as error:
            self._resolved = error
        except UnicodeError as error:
            self._resolved = OSError(str(error))

    def _lookup(self, flags: int) -> list[Any]:
        return socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=flags)


def _wait(connection: socket.socket, is_writing: bool, deadline: Deadline) -> tuple[bool, bool]:
    # poll(), not select(): fail2ban may have more than 1024 descriptors
    poll = select.poll()
    poll.register(connection, select.POLLIN | (select.POLLOUT if is_writing else 0))
    events = poll.poll(deadline.remaining_s() * 1000)
    deadline.remaining_s()
    flags = events[0][1] if events else 0
    return bool(flags & ~select.POLLOUT), bool(flags & select.POLLOUT)


def _send(connection: socket.socket, left: memoryview) -> int:
    try:
        return connection.send(left[:_PIECE])
    except BlockingIOError:
        return 0


def _receive(connection: socket.socket) -> bytes | None:
    try:
        return connection.recv(_PIECE)
    except BlockingIOError:
        return None
