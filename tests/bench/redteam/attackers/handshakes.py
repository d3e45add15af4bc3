"""Attacks that ask for nothing: silence, half a hello, a handshake; held, or given up in time."""

from __future__ import annotations

import functools

from demo.attacker import client_hello
from tests.bench.redteam.attackers.slot import Slot
from tests.bench.redteam.protocols.connection import Connection


@functools.lru_cache(maxsize=1)
def _half_hello() -> bytes:
    hello = client_hello()
    return hello[: len(hello) // 2]


async def _begin_half(slot: Slot) -> Connection:
    connection = await slot.open(secure=False)
    await connection.send(_half_hello())
    return connection


async def hold_mute(slot: Slot) -> None:
    """Say nothing."""
    async with await slot.open(secure=False) as connection:
        await connection.wait_for_end()


async def hold_half(slot: Slot) -> None:
    """Send half a hello."""
    async with await _begin_half(slot) as connection:
        await connection.wait_for_end()


async def hold_handshake(slot: Slot) -> None:
    """Ask for nothing after the handshake."""
    async with await slot.open() as connection:
        await connection.wait_for_end()


async def churn_mute(slot: Slot) -> None:
    """Say nothing, and leave before that counts."""
    async with await slot.open(secure=False) as connection:
        await slot.hold(connection)


async def churn_half(slot: Slot) -> None:
    """Send half a hello, and leave before that counts."""
    async with await _begin_half(slot) as connection:
        await slot.hold(connection)


async def churn_handshake(slot: Slot) -> None:
    """Ask for nothing after the handshake, and leave before that counts."""
    async with await slot.open() as connection:
        await slot.hold(connection)
