"""Clients that wait for news: events, long polls, WebSockets, a mail server behind port 443."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from tests.bench.redteam.honest.client import Client, wait
from tests.bench.redteam.protocols import http1, websocket
from tests.bench.redteam.protocols.connection import Connection


async def watch_events(client: Client, every_s: float = 15.0) -> None:
    """Listen to a dashboard's events."""
    async with await client.open() as connection:
        await connection.send(
            http1.request(f"/app/sse?every={every_s}", headers={"Accept": "text/event-stream"})
        )
        while True:
            await connection.receive()
            client.record.answer()


async def poll(client: Client, hold_s: float = 25.0) -> None:
    """Ask for news, and again as soon as there was an answer."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, f"/app/slow?s={hold_s}", within_s=hold_s + 60)


async def talk(client: Client, query: str = "", ping_s: float = 0.0, text_s: float = 0.0) -> None:
    """Hold a WebSocket: answer pings, send own pings and texts at these intervals (0: never)."""
    async with await client.open() as connection:
        await websocket.upgrade(connection, f"/app/ws?{query}")
        client.record.answer()
        jobs: list[Awaitable[None]] = [_listen(client, connection)]
        for kind, every_s in ((websocket.PING, ping_s), (websocket.TEXT, text_s)):
            if every_s:
                jobs.append(_say(connection, kind, every_s))
        await _run_first(jobs)


async def _listen(client: Client, connection: Connection) -> None:
    while True:
        kind, payload = await websocket.read_frame(connection.receive_exactly)
        client.record.answer()
        if kind == websocket.PING:
            await connection.send(websocket.frame(websocket.PONG, payload, is_masked=True))


async def _say(connection: Connection, kind: int, every_s: float) -> None:
    while True:
        await wait(every_s * 0.8, every_s * 1.2)
        await connection.send(websocket.frame(kind, b'{"text": "hello, how are you"}', is_masked=True))


async def _run_first(jobs: list[Awaitable[None]]) -> None:
    """Run all until one ends or fails, and end the others."""
    tasks = [asyncio.ensure_future(one) for one in jobs]
    try:
        done, _left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for one in tasks:
            one.cancel()


async def read_mail(client: Client, every_s: float = 120.0) -> None:
    """Log in to a mail server, wait for mail, and say a word each `every_s`."""
    async with await client.open() as connection:
        await connection.receive()
        for word in ("LOGIN u p", "SELECT INBOX", "FETCH 1:3"):
            await _order(client, connection, word)
        while True:
            await _order(client, connection, "IDLE")
            await asyncio.sleep(every_s)
            await _order(client, connection, "NOOP")


async def _order(client: Client, connection: Connection, word: str) -> None:
    await connection.send(f"a {word}\r\n".encode())
    await asyncio.wait_for(connection.receive(), 60)
    client.record.answer()
