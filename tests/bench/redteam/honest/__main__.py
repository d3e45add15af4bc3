"""The process of the honest clients: all given kinds side by side for so many seconds, then what they got."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys

from tests.bench.redteam.honest.client import Client, Kind, Record
from tests.bench.redteam.honest.kinds import KINDS
from tests.bench.redteam.protocols.connection import FAILURES
from tests.bench.redteam.server.addresses import honest

#: seconds after a failure
_AGAIN_S = 3.0


async def _live(client: Client, kind: Kind) -> None:
    await asyncio.sleep(random.uniform(0, kind.spread_s))
    while True:
        try:
            await kind.behave(client)
        except FAILURES as error:
            client.record.fail(type(error).__name__)
        except Exception as error:
            # of a program or a browser: the others go on
            client.record.fail(repr(error)[:80])
        else:
            continue
        await asyncio.sleep(_AGAIN_S)


async def _run(names: list[str], seconds: float) -> None:
    records = {name: Record() for name in names}
    places = list(KINDS)
    clients = [
        (Client(number, honest(places.index(name)), records[name], KINDS[name].server), KINDS[name])
        for name in names
        for number in range(KINDS[name].clients)
    ]
    living = [asyncio.ensure_future(_live(client, kind)) for client, kind in clients]
    await asyncio.wait(living, timeout=seconds)
    for name, record in records.items():
        print(json.dumps({
            "kind": name, "answers": record.answers, "failures": record.failures,
            "answered_s": sorted(record.answered_s),
        }), flush=True)  # fmt: skip
    # hundreds of connections end with the process, not one by one
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[2:], float(sys.argv[1])))
