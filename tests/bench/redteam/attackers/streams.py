"""Attacks that wait for the application: each takes a second slot for nginx's connection to it."""

from __future__ import annotations

import asyncio

from tests.bench.redteam.attackers.attack import Attack
from tests.bench.redteam.attackers.slot import Slot
from tests.bench.redteam.protocols import http1, http2, websocket

#: seconds between two events: an honest dashboard's
_PATH = "/app/sse?every=20"
#: longer than the application takes
_PATIENCE_S = 120.0


async def take_events(slot: Slot) -> None:
    """Listen to events for ever."""
    async with await slot.open() as connection:
        await connection.send(http1.request(_PATH, headers={"Accept": "text/event-stream"}))
        await connection.wait_for_end()


def _count(attack: Attack) -> int:
    return attack.streams * attack.connections // max(attack.connections, attack.addresses)


async def send_texts(slot: Slot) -> None:
    """Hold a WebSocket, and send a text now and then that is answered."""
    async with await slot.open() as connection:
        await websocket.upgrade(connection, "/app/ws?echo=1")
        while True:
            await asyncio.sleep(slot.step_s())
            await connection.send(websocket.frame(websocket.TEXT, b"hello", is_masked=True))
            await asyncio.wait_for(websocket.read_frame(connection.receive_exactly), 10.0)
            slot.counts["answers"] += 1


async def wait_for_application(slot: Slot) -> None:
    """Ask for what takes the application long, again and again."""
    async with await slot.open() as connection:
        while True:
            data = http1.request(f"/app/slow?s={slot.step_s():.1f}")
            await http1.ask(connection, data, within_s=_PATIENCE_S)
            slot.counts["answers"] += 1


async def open_streams(slot: Slot) -> None:
    """Listen to events on many streams of one HTTP/2 connection."""
    async with await slot.open(protocols=http2.PROTOCOLS) as connection:
        client = http2.Client(connection)
        await client.begin()
        for _number in range(_count(slot.attack)):
            await client.ask(_PATH)
        while True:
            found = await client.read()
            slot.counts["answers"] += found.kind == http2.HEADERS
