"""Visitors of the page: twenty people behind four addresses, each visit over a new connection."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from tests.bench.redteam.protocols import http1
from tests.bench.redteam.protocols.connection import FAILURES, connect
from tests.bench.redteam.server.addresses import VISITORS

COUNT = 20
#: seconds between two visits of one visitor
EVERY_S = 2.0
#: who has no page after so many seconds leaves
PATIENCE_S = 5.0
#: a browser tries a connection once more that ended without an answer
_TRIES = 2


async def _ask(address: str) -> bool:
    for _number in range(_TRIES):
        try:
            async with await connect(address) as connection:
                await connection.shake()
                return (await http1.ask(connection, http1.request("/"))).status == 200
        except FAILURES:
            continue
    return False


async def _visit(address: str) -> None:
    begun, clock = time.time(), time.monotonic()
    try:
        is_served = await asyncio.wait_for(_ask(address), PATIENCE_S)
    except asyncio.TimeoutError:
        is_served = False
    print(json.dumps({"at": begun, "served": is_served, "took": time.monotonic() - clock}), flush=True)


async def _come_again(number: int) -> None:
    visits = set()
    await asyncio.sleep(EVERY_S * number / COUNT)
    while True:
        visits.add(asyncio.ensure_future(_visit(VISITORS[number % len(VISITORS)])))
        await asyncio.sleep(EVERY_S)
        visits = {one for one in visits if not one.done()}


async def _run(seconds: float) -> None:
    coming = [asyncio.ensure_future(_come_again(number)) for number in range(COUNT)]
    await asyncio.wait(coming, timeout=seconds)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_run(float(sys.argv[1])))
