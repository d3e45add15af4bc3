"""Programs that speak HTTP/2: calls of gRPC that stay open, watches, single calls."""

from __future__ import annotations

import asyncio

from tests.bench.redteam.honest.client import Client
from tests.bench.redteam.protocols import http2

_CALL = {"content-type": "application/grpc", "te": "trailers"}
#: a message of 30 bytes: gRPC's five, and what it says
_MESSAGE = b"\0\0\0\0\x19" + b"m" * 25


async def _read(client: Client, speaking: http2.Client) -> None:
    while True:
        found = await speaking.read()
        if found.kind in (http2.HEADERS, http2.DATA, http2.PING):
            client.record.answer()


async def _begin(client: Client, speaking: http2.Client) -> asyncio.Future[None]:
    await speaking.begin()
    return asyncio.ensure_future(_read(client, speaking))


async def hold_call(client: Client, ping_s: float = 10.0, message_s: float = 0.0) -> None:
    """Hold a call open both ways: pings, and small messages that are not answered (0: none)."""
    async with await client.open(protocols=http2.PROTOCOLS) as connection:
        speaking = http2.Client(connection)
        reading = await _begin(client, speaking)
        headers = {**_CALL, "x-id": "i" * (8 + client.number % 12)}
        stream = await speaking.ask("/app/slow?s=1000", "POST", headers, is_whole=False)
        step_s, count = message_s or ping_s, 0
        try:
            while not reading.done():
                await asyncio.sleep(step_s)
                count += 1
                if message_s:
                    await speaking.send_data(stream, _MESSAGE)
                if count * step_s % ping_s < step_s:
                    await speaking.ping()
            reading.result()
        finally:
            reading.cancel()


async def call_again(client: Client, every_s: float = 5.0) -> None:
    """Make a call each `every_s` over a connection that stays."""
    async with await client.open(protocols=http2.PROTOCOLS) as connection:
        speaking = http2.Client(connection)
        reading = await _begin(client, speaking)
        try:
            while not reading.done():
                await speaking.ask("/app/ok", headers=_CALL)
                await asyncio.sleep(every_s)
            reading.result()
        finally:
            reading.cancel()


async def watch(client: Client, streams: int = 8, every_s: float = 60.0) -> None:
    """Watch several things of a cluster on one connection."""
    async with await client.open(protocols=http2.PROTOCOLS) as connection:
        speaking = http2.Client(connection)
        await speaking.begin()
        for _number in range(streams):
            await speaking.ask(f"/app/sse?every={every_s}")
        await _read(client, speaking)
