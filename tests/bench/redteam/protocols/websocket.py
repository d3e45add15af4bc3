"""WebSocket frames of both sides, and the handshake (RFC 6455)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Awaitable
from typing import Callable

from tests.bench.redteam.protocols import http1
from tests.bench.redteam.protocols.connection import Connection

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_MASKED = 0x80
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: frames of the bench are shorter: their length fits into seven bits
_LONGEST = 125


def accept_key(key: str) -> str:
    """Return the server's answer to a client's key."""
    return base64.b64encode(hashlib.sha1((key + _MAGIC).encode(), usedforsecurity=False).digest()).decode()


def accept(key: str) -> bytes:
    """Return the head of the server's answer."""
    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {key}", "", ""]).encode()


def frame(kind: int, payload: bytes, *, is_masked: bool = False) -> bytes:
    """Return a frame; those of a client are masked."""
    size = min(len(payload), _LONGEST)
    if not is_masked:
        return bytes([0x80 | kind, size]) + payload[:size]
    mask = os.urandom(4)
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload[:size]))
    return bytes([0x80 | kind, _MASKED | size]) + mask + body


async def read_frame(read: Callable[[int], Awaitable[bytes]]) -> tuple[int, bytes]:
    """Return kind and payload of the next frame; EOFError at the end."""
    first, second = await read(2)
    mask = await read(4) if second & _MASKED else bytes(4)
    payload = await read(second & _LONGEST)
    return first & 0xF, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


async def upgrade(connection: Connection, path: str) -> None:
    """Ask for a WebSocket and read the head of the answer."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    await connection.send(http1.request(path, headers=headers))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        # byte by byte: what follows is a frame
        head += await connection.receive(1)
    if b" 101 " not in head:
        raise OSError(f"no WebSocket: {head[:40]!r}")
