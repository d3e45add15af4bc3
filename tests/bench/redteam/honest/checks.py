"""Monitoring: connections that prove that the server is there."""

from __future__ import annotations

import asyncio

from tests.bench.redteam.honest.client import Client, wait


async def connect_only(client: Client, every_s: float = 2.0) -> None:
    """Connect and close, as keepalived and HAProxy check TCP."""
    async with await client.open(secure=False):
        client.record.answer()
    await asyncio.sleep(every_s)


async def hold_connection(client: Client) -> None:
    """Connect, say nothing, and note when the server ends it."""
    async with await client.open(secure=False) as connection:
        await connection.wait_for_end()


async def shake_only(client: Client, every_s: float = 2.0, hold_s: float = 0.5) -> None:
    """Do a handshake without a request, and close."""
    async with await client.open():
        client.record.answer()
        await asyncio.sleep(hold_s)
    await asyncio.sleep(every_s)


async def probe(client: Client, every_s: float = 15.0, method: str = "GET") -> None:
    """Ask for a page over a new connection."""
    async with await client.open() as connection:
        await client.ask(connection, "/", method=method, headers={"Connection": "close"}, within_s=10)
    await wait(every_s * 0.95, every_s * 1.05)


async def scrape(client: Client, every_s: float = 15.0) -> None:
    """Ask for metrics over a connection that stays."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, "/app/ok", headers={"Accept-Encoding": "gzip"})
            await asyncio.sleep(every_s)
