"""Downloads and uploads: fast, slow, paused, many at a time."""

from __future__ import annotations

import asyncio
import random

from demo.lab.nginx import BIG_SIZE
from tests.bench.redteam.honest.client import Client, wait
from tests.bench.redteam.protocols import http1
from tests.bench.redteam.protocols.connection import Connection

_BIG = "/big.bin"


async def _begin(client: Client, receive_buffer: int = 0) -> Connection:
    connection = await client.open(receive_buffer=receive_buffer)
    await connection.send(http1.request(_BIG))
    return connection


async def _read(client: Client, connection: Connection, size: int, step: int, pause_s: float) -> None:
    """Read so many bytes, `step` at a time."""
    while size > 0:
        size -= await connection.receive_raw(step)
        client.record.answer()
        await asyncio.sleep(pause_s)


async def pull_layers(client: Client) -> None:
    """Take a large layer at 500 kB/s, then nothing until the server ends the connection."""
    async with await _begin(client) as connection:
        _head, body = await http1.read_head(connection)
        left = BIG_SIZE - len(body)
        while left > 0:
            size = len(await connection.receive())
            client.record.answer()
            left -= size
            await asyncio.sleep(size / 500_000)
        await connection.wait_for_end()
    await wait(5, 30)


async def download(client: Client, rate: float = 3000.0, window: int = 16384) -> None:
    """Take a file at `rate` bytes a second."""
    async with await _begin(client, window) as connection:
        await _read(client, connection, 16 << 20, int(rate / 2), 0.5)


async def pause_player(client: Client, first: int = 2 << 20, window: int = 0, pause_s: float = 100.0) -> None:
    """Fill the buffer of a player, pause, and go on."""
    async with await _begin(client, window) as connection:
        await _read(client, connection, first, 8192, 0.0)
        await asyncio.sleep(pause_s + random.uniform(0, 3))
        await _read(client, connection, (16 << 20) - first, 65536, 0.1)


async def back_up(client: Client) -> None:
    """Upload packs of 1 to 5 MB, and wait for the next night's files."""
    async with await client.open() as connection:
        for _number in range(3):
            body = bytes(random.randrange(1 << 20, 5 << 20))
            await client.ask(connection, "/app/sink", method="POST", body=body)
        await asyncio.sleep(60)


async def upload(client: Client, rate: float = 4000.0, size: int = 400_000, stall_s: float = 0.0) -> None:
    """Upload a picture at `rate` bytes a second; the radio is gone for `stall_s` in the middle."""
    async with await client.open() as connection:
        headers = {"Content-Length": str(size)}
        await connection.send(http1.request("/app/sink", "POST", headers))
        left, step = size, int(rate / 4)
        while left > 0:
            await connection.send(bytes(min(step, left)))
            left -= step
            await asyncio.sleep(0.25)
            if stall_s and abs(left - size / 2) < step / 2:
                await asyncio.sleep(stall_s)
        await asyncio.wait_for(http1.read_answer(connection), 60)
        client.record.answer()
    await wait(2, 10)


async def measure_speed(client: Client) -> None:
    """Take and give as fast as it goes, then look at the number."""
    async with await client.open() as connection:
        await client.ask(connection, _BIG)
        await client.ask(connection, "/app/sink", method="POST", body=bytes(4 << 20))
    await wait(40, 60)


async def update_packages(client: Client) -> None:
    """Ask for many files without waiting for the answers, as a package manager does."""
    async with await client.open() as connection:
        await connection.send(http1.request("/style.css") * 8)
        for _number in range(8):
            await connection.receive()
            client.record.answer()
            await asyncio.sleep(0.2)
    await wait(20, 60)
