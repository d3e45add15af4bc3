"""The application behind nginx: answers at once, late, in events or over a WebSocket; reads bodies."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse
from collections.abc import Awaitable, Mapping
from typing import Callable, NamedTuple

from tests.bench.redteam.protocols import websocket
from tests.bench.redteam.server.nginx import APPLICATION_PORT, LINES_PORT

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"
_LOST = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: begin\n\n"


class Request(NamedTuple):
    """One request of nginx: what it asks for, and the connection."""

    options: Mapping[str, str]
    headers: Mapping[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def number(self, name: str, default: float) -> float:
        """Return a number of the query."""
        return float(self.options.get(name, default))

    async def answer(self, data: bytes) -> None:
        """Write an answer or a part of it."""
        self.writer.write(data)
        await self.writer.drain()


async def _answer(request: Request) -> None:
    await request.answer(_OK)


async def _sink(request: Request) -> None:
    left = int(request.headers.get("content-length", 0))
    while left > 0:
        left -= len(await request.reader.read(65536)) or left
    await request.answer(_OK)


async def _slow(request: Request) -> None:
    taking = asyncio.ensure_future(_take(request.reader))
    await asyncio.sleep(request.number("s", 10))
    taking.cancel()
    await request.answer(_OK)


async def _take(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


async def _send_events(request: Request) -> None:
    await request.answer(_EVENTS)
    number = 0
    while True:
        await asyncio.sleep(request.number("every", 15))
        number += 1
        await request.answer(b"data: %d\n\n" % number)


async def _talk(request: Request) -> None:
    """Send pings each `ping` and messages each `every` seconds, echo texts, answer pings."""
    key = websocket.accept_key(request.headers.get("sec-websocket-key", ""))
    await request.answer(websocket.accept(key))
    sending = [
        asyncio.ensure_future(_repeat(request, kind, request.number(name, 0)))
        for name, kind in (("ping", websocket.PING), ("every", websocket.TEXT))
        if request.number(name, 0)
    ]
    try:
        while True:
            kind, payload = await websocket.read_frame(request.reader.readexactly)
            if kind == websocket.PING:
                await request.answer(websocket.frame(websocket.PONG, payload))
            elif kind == websocket.TEXT and request.options.get("echo"):
                await request.answer(websocket.frame(websocket.TEXT, payload))
    finally:
        for one in sending:
            one.cancel()


async def _repeat(request: Request, kind: int, every_s: float) -> None:
    with contextlib.suppress(OSError):
        while True:
            await asyncio.sleep(every_s)
            await request.answer(websocket.frame(kind, b"{}"))


_PATHS: Mapping[str, Callable[[Request], Awaitable[None]]] = {
    "/app/ok": _answer,
    "/app/sink": _sink,
    "/app/slow": _slow,
    "/app/sse": _send_events,
    "/app/ws": _talk,
}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError), contextlib.closing(writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path, _mark, query = head[0].split(" ")[1].partition("?")
        rows = (line.partition(":") for line in head[1:])
        headers = {name.lower(): value.strip() for name, _colon, value in rows}
        request = Request(dict(urllib.parse.parse_qsl(query)), headers, reader, writer)
        if path in _PATHS:
            await _PATHS[path](request)
        else:
            await request.answer(_LOST)


async def _serve_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each line as a mail server does; IDLE is begun and says nothing more."""
    with contextlib.suppress(OSError, EOFError), contextlib.closing(writer):
        writer.write(b"* OK ready\r\n")
        while line := await reader.readline():
            writer.write(b"+ idling\r\n" if b"IDLE" in line else b"* 3 EXISTS\r\na OK done\r\n")
            await writer.drain()


async def _main() -> None:
    ports = {APPLICATION_PORT: _serve, LINES_PORT: _serve_lines}
    servers = [
        await asyncio.start_server(each, "127.0.0.1", port, backlog=2048) for port, each in ports.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(_main())
