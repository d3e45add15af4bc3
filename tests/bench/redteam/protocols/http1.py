"""HTTP/1.1 as a client speaks it: a request as bytes, an answer that is read to its end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import NamedTuple

from demo.attacker import NAME
from tests.bench.redteam.protocols.connection import Connection

_SYSTEM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
AGENT = f"{_SYSTEM} (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.I)
_LAST_CHUNK = b"0\r\n\r\n"


class Answer(NamedTuple):
    """What came: the status, and the number of bytes of the body."""

    status: int
    size: int


def request(path: str, method: str = "GET", headers: Mapping[str, str] = {}, body: bytes = b"") -> bytes:
    """Return the bytes of a request; a body gets its length."""
    rows = {"Host": NAME, "User-Agent": AGENT, "Accept": "*/*", **headers}
    if body and "Content-Length" not in rows:
        rows["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in rows.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def read_head(connection: Connection) -> tuple[bytes, bytes]:
    """Return the head of an answer, and what came of the body with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += await connection.receive()
    head, _blank, body = data.partition(b"\r\n\r\n")
    return head + b"\r\n", body


async def read_answer(connection: Connection, *, has_body: bool = True) -> Answer:
    """Read one answer; EOFError when the server ends the connection before."""
    head, body = await read_head(connection)
    status, size = int(head.split(b" ", 2)[1]), len(body)
    length = _LENGTH.search(head)
    if not has_body:
        return Answer(status, 0)
    if length is None and _CHUNKED.search(head):
        return Answer(status, await _read_chunks(connection, body))
    while length and size < int(length[1]):
        size += len(await connection.receive())
    return Answer(status, size)


async def _read_chunks(connection: Connection, tail: bytes) -> int:
    size = len(tail)
    while not tail.endswith(_LAST_CHUNK):
        data = await connection.receive()
        size += len(data)
        tail = (tail + data)[-len(_LAST_CHUNK) :]
    return size


async def ask(connection: Connection, data: bytes, within_s: float = 60.0) -> Answer:
    """Send a request and read its answer."""
    await connection.send(data)
    has_body = not data.startswith(b"HEAD ")
    return await asyncio.wait_for(read_answer(connection, has_body=has_body), within_s)
