"""People with browsers over HTTP/1.1, and programs that read pages."""

from __future__ import annotations

import asyncio
import contextlib

from demo.lab.nginx import PAGES
from tests.bench.redteam.honest.client import Client, wait
from tests.bench.redteam.protocols.connection import FAILURES, Connection


async def _load(client: Client, connection: Connection) -> None:
    for path in PAGES:
        await client.ask(connection, path)


async def _hold_spare(client: Client) -> None:
    """Open a connection ahead of need, and leave its end to the server."""
    with contextlib.suppress(*FAILURES):
        async with await client.open() as connection:
            await connection.wait_for_end()


async def work_in_office(client: Client) -> None:
    """Load a page now and then over one connection; the browser keeps two spare handshakes each time."""
    async with await client.open() as connection:
        spares = []
        while True:
            await _load(client, connection)
            spares += [asyncio.ensure_future(_hold_spare(client)) for _number in range(2)]
            await wait(20, 60)
            spares = [one for one in spares if not one.done()]


async def open_tab(client: Client) -> None:
    """Load a page over six connections, and read it until the server ends them."""

    async def load() -> None:
        async with await client.open() as connection:
            await client.ask(connection, "/article.html")
            await connection.wait_for_end()

    await asyncio.gather(*(load() for _number in range(6)))
    await wait(10, 60)


async def read_page(client: Client) -> None:
    """Load a page, read it, close."""
    async with await client.open() as connection:
        await _load(client, connection)
        await wait(5, 40)


async def open_ahead(client: Client) -> None:
    """Hold two connections that were opened ahead beside one that is used."""
    spares = [asyncio.ensure_future(_hold_spare(client)) for _number in range(2)]
    async with await client.open() as connection:
        await _load(client, connection)
        await asyncio.wait(spares)


async def read_news(client: Client) -> None:
    """Ask for a page under a condition, in a rhythm of its own."""
    async with await client.open() as connection:
        headers = {"If-Modified-Since": "Sun, 01 Nov 2026 00:00:00 GMT", "Connection": "close"}
        await client.ask(connection, "/article.html", headers=headers)
    await wait(20, 90)


async def crawl(client: Client) -> None:
    """Ask for a page each second over a connection that stays."""
    async with await client.open() as connection:
        while True:
            await _load(client, connection)
            await wait(0.5, 1.5)


async def check_links(client: Client) -> None:
    """Ask for the heads of pages as fast as they come, then pause."""
    async with await client.open() as connection:
        for _number in range(20):
            await client.ask(connection, "/", method="HEAD")
    await wait(10, 30)


async def watch_live(client: Client) -> None:
    """Play a live video: a piece each six seconds."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, "/article.html")
            await asyncio.sleep(6)
