"""One connection of a client, for asyncio: plain or TLS, and no byte is read before somebody asks for it."""

from __future__ import annotations

import asyncio
import functools
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Callable

from demo.attacker import NAME, PORT, tls_context
from tests.bench.redteam.server.addresses import MAIN

#: what a connection that fails raises
FAILURES = (OSError, EOFError, asyncio.TimeoutError)
#: seconds for a SYN, and for a handshake
_CONNECT_S = 6.0
_SHAKE_S = 60.0


@functools.lru_cache(maxsize=8)
def _context(protocols: tuple[str, ...]) -> ssl.SSLContext:
    context = tls_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


async def connect(
    address: str, *, server: str = MAIN, receive_buffer: int = 0, within_s: float = _CONNECT_S
) -> Connection:
    """Return a TCP connection from `address`."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    raw.setblocking(False)
    try:
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        # the last packet of the TCP handshake waits for data to go with it
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        raw.bind((address, 0))
        waiting = asyncio.get_running_loop().sock_connect(raw, (server, PORT))
        await asyncio.wait_for(waiting, within_s)
    except BaseException:
        raw.close()
        raise
    return Connection(raw)


class Connection:
    """Bytes to and from the server; `shake` makes it TLS."""

    def __init__(self, raw: socket.socket) -> None:
        self._socket = raw

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()

    async def shake(self, protocols: Sequence[str] = (), within_s: float = _SHAKE_S) -> None:
        """Do the TLS handshake."""
        secure = _context(tuple(protocols)).wrap_socket(
            self._socket, server_hostname=NAME, do_handshake_on_connect=False
        )
        self._socket = secure
        await asyncio.wait_for(self._retry(secure.do_handshake), within_s)

    async def send(self, data: bytes) -> None:
        """Send all of it, however long the server lets us wait."""
        left = memoryview(data)
        while left:
            left = left[await self._retry(self._socket.send, left, is_writing=True) :]

    async def receive(self, size: int = 65536) -> bytes:
        """Return the next bytes; EOFError when the server has ended the connection."""
        data: bytes = await self._retry(self._socket.recv, size)
        if not data:
            raise EOFError("the server ended the connection")
        return data

    async def receive_raw(self, size: int) -> int:
        """Take bytes as they came, not decrypted, and return their number: TLS alone would take a record."""
        data: bytes = await self._retry(socket.socket.recv, self._socket, size)
        if not data:
            raise EOFError("the server ended the connection")
        return len(data)

    async def receive_exactly(self, size: int) -> bytes:
        """Return so many bytes."""
        data = b""
        while len(data) < size:
            data += await self.receive(size - len(data))
        return data

    async def wait_for_end(self) -> None:
        """Read and forget until the server ends the connection."""
        try:
            while True:
                await self.receive()
        except EOFError:
            return

    def close(self) -> None:
        """Close it, without a word of TLS."""
        self._socket.close()

    async def _retry(self, operation: Callable[..., Any], *words: object, is_writing: bool = False) -> Any:
        while True:
            try:
                return operation(*words)
            except ssl.SSLWantWriteError:
                await self._wait(is_writing=True)
            except ssl.SSLWantReadError:
                await self._wait(is_writing=False)
            except BlockingIOError:
                await self._wait(is_writing=is_writing)

    async def _wait(self, *, is_writing: bool) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        number = self._socket.fileno()
        add, remove = (loop.add_writer, loop.remove_writer) if is_writing else (
            loop.add_reader, loop.remove_reader
        )  # fmt: skip
        add(number, _end, ready)
        try:
            await ready
        finally:
            remove(number)


def _end(ready: asyncio.Future[None]) -> None:
    # the loop may tell it again before the waiting task runs
    if not ready.done():
        ready.set_result(None)
