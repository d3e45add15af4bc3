"""HTTP/2 as a client speaks it: frames, headers without compression, and answers to what the server asks."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from demo.attacker import NAME
from tests.bench.redteam.protocols.connection import Connection

PROTOCOLS = ("h2",)
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, _RESET, SETTINGS, PING, GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM = 0x1
_ACKNOWLEDGED = 0x1
_END_HEADERS = 0x4


class Frame(NamedTuple):
    """One frame of the server."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def ends_stream(self) -> bool:
        """Whether nothing more comes on its stream."""
        return self.kind in (DATA, HEADERS) and bool(self.flags & _END_STREAM)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return the bytes of a frame."""
    return struct.pack(">IBI", len(payload) << 8 | kind, flags, stream) + payload


def _text(value: str) -> bytes:
    data = value.encode()
    # RFC 7541, 5.1: a length of seven bits, the rest in further bytes
    if len(data) < 127:
        return bytes([len(data)]) + data
    rest, numbers = len(data) - 127, [127]
    while rest >= 128:
        numbers.append(rest % 128 + 128)
        rest //= 128
    return bytes([*numbers, rest]) + data


class Client:
    """One HTTP/2 connection over TLS."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next = 1

    async def begin(self) -> None:
        """Send the preface and our settings."""
        await self._connection.send(_PREFACE + frame(SETTINGS, 0, 0, b""))

    async def ask(
        self, path: str, method: str = "GET", headers: Mapping[str, str] = {}, *, is_whole: bool = True
    ) -> int:
        """Send a request and return its stream; the body of one that is not whole follows."""
        rows = {":method": method, ":scheme": "https", ":authority": NAME, ":path": path, **headers}
        block = b"".join(b"\x00" + _text(name) + _text(value) for name, value in rows.items())
        stream, self._next = self._next, self._next + 2
        flags = _END_HEADERS | (_END_STREAM if is_whole else 0)
        await self._connection.send(frame(HEADERS, flags, stream, block))
        return stream

    async def send_data(self, stream: int, data: bytes) -> None:
        """Send a piece of a body; the caller stays below the server's window."""
        await self._connection.send(frame(DATA, 0, stream, data))

    async def ping(self) -> None:
        """Ask whether the server is there."""
        await self._connection.send(frame(PING, 0, 0, b"12345678"))

    async def read(self) -> Frame:
        """Return the next frame, after answering what needs an answer."""
        head = await self._connection.receive_exactly(9)
        size, flags, stream = struct.unpack(">IBI", head)
        payload = await self._connection.receive_exactly(size >> 8)
        found = Frame(size & 0xFF, flags, stream & 0x7FFFFFFF, payload)
        await self._respond(found)
        return found

    async def _respond(self, found: Frame) -> None:
        if found.kind in (SETTINGS, PING) and not found.flags & _ACKNOWLEDGED:
            payload = found.payload if found.kind == PING else b""
            await self._connection.send(frame(found.kind, _ACKNOWLEDGED, 0, payload))
        if found.kind == DATA and found.payload:
            more = struct.pack(">I", len(found.payload))
            rows = [frame(_WINDOW, 0, 0, more)]
            if not found.ends_stream:
                rows.append(frame(_WINDOW, 0, found.stream, more))
            await self._connection.send(b"".join(rows))
        if found.kind == GOAWAY:
            raise EOFError("the server says goodbye")
