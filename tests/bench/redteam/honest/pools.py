"""Programs that keep connections in a pool, and devices that report."""

from __future__ import annotations

import asyncio
import time

from tests.bench.redteam.honest.client import Client, wait

#: an interface's answer, small and always the same
_PATH = "/app/ok"


async def ask_in_rhythm(client: Client, every_s: float = 30.0) -> None:
    """Use a connection each `every_s`, in the rhythm that its begin gave it."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, _PATH)
            await asyncio.sleep(every_s)


async def refresh_together(client: Client, every_s: float = 30.0) -> None:
    """Use the connections of a pool all at the same moment, so that none lapses."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, _PATH)
            await asyncio.sleep(every_s - time.time() % every_s)


async def serve_bursts(client: Client, every_s: float = 45.0) -> None:
    """Be one of the connections of a proxy: those with a low number are used again, the rest lie idle."""
    async with await client.open() as connection:
        await client.ask(connection, "/article.html")
        if client.number >= 5:
            await connection.wait_for_end()
        while True:
            await wait(every_s / 30, every_s / 10)
            await client.ask(connection, "/")


async def open_on_demand(client: Client) -> None:
    """Be one of the connections of a cache: used by whoever comes, left idle for two minutes, closed."""
    async with await client.open() as connection:
        for _number in range(1 + client.number % 4):
            await client.ask(connection, "/style.css")
            await wait(0.1, 10)
        try:
            await asyncio.wait_for(connection.wait_for_end(), 120)
        except asyncio.TimeoutError:
            return


async def report(client: Client, every_s: float = 10.0, size: int = 200) -> None:
    """Send what a device measured."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, "/app/sink", method="POST", body=b"m" * size)
            await asyncio.sleep(every_s)


async def report_anew(client: Client, every_s: float = 15.0) -> None:
    """Send what a device measured, over a new connection each time."""
    async with await client.open() as connection:
        await client.ask(connection, "/app/sink", method="POST", body=b"m" * 120)
    await wait(every_s * 0.9, every_s * 1.1)


async def synchronize(client: Client) -> None:
    """Ask whether a folder has changed, each half minute; upload a file now and then."""
    async with await client.open() as connection:
        while True:
            await client.ask(connection, _PATH, method="GET")
            if client.number % 3 == 0:
                await client.ask(connection, "/app/sink", method="PUT", body=bytes(300_000))
            await wait(28, 32)
