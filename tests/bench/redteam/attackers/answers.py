"""Requests that are answered at once: with them an address that holds slots looks like one that is served."""

from __future__ import annotations

import asyncio

from tests.bench.redteam.attackers.slot import Slot
from tests.bench.redteam.protocols import http1

#: requests a second of one connection: whoever looks each second sees the answer of each
_FASTEST = 4.0


def count_connections(rate: float) -> int:
    """Return how many connections it takes to ask so often."""
    return max(1, round(rate / _FASTEST))


async def ask_often(slot: Slot, rate: float) -> None:
    """Ask for a small page so many times a second over one connection."""
    async with await slot.open() as connection:
        while True:
            await http1.ask(connection, http1.request("/", "HEAD"), within_s=5.0)
            slot.counts["answers"] += 1
            await asyncio.sleep(1 / rate)
