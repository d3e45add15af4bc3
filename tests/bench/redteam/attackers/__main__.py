"""The process of an attack: holds its connections for so many seconds, and prints what it counted."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Callable

from tests.bench.redteam.attackers import answers
from tests.bench.redteam.attackers.attack import Attack
from tests.bench.redteam.attackers.kinds import KINDS
from tests.bench.redteam.attackers.slot import Slot
from tests.bench.redteam.attackers.sources import Sources
from tests.bench.redteam.protocols.connection import FAILURES
from tests.bench.redteam.server.addresses import attackers

#: seconds after a connection that nginx ended at once, or that failed
_AGAIN_S = 0.3

Act = Callable[[Slot], Awaitable[None]]


async def _repeat(act: Act, slot: Slot, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    while True:
        begun = time.monotonic()
        try:
            await act(slot)
        except FAILURES as error:
            slot.counts[type(error).__name__] += 1
        if time.monotonic() - begun < _AGAIN_S:
            slot.counts["short"] += 1
            # in step they would be closed in step: nginx needs the slots of those who have not spoken yet
            await asyncio.sleep(random.uniform(0.5, 1.5) * _AGAIN_S)


def _pay(slots: Sequence[Slot], rate: float) -> list[tuple[Act, Slot, float]]:
    """Return what asks so many times a second from each address."""
    number = answers.count_connections(rate)
    asking = functools.partial(answers.ask_often, rate=rate / number)
    return [(asking, slot, 0.0) for slot in slots[: slots[0].attack.addresses] for _number in range(number)]


async def _run(attack: Attack, count: int, seconds: float) -> None:
    counts: Counter[str] = Counter()
    sources = Sources(attackers(attack.addresses), attack.order, attack.hold_s)
    slots = [Slot(number, sources, attack, counts) for number in range(count)]
    print(json.dumps({"began": time.time()}), flush=True)
    acts = [(KINDS[attack.kind], slot, attack.ramp_s * slot.number / count) for slot in slots]
    if attack.pay_s:
        acts += _pay(slots, count / attack.addresses / attack.pay_s)
    running = [asyncio.ensure_future(_repeat(*act)) for act in acts]
    await asyncio.wait(running, timeout=seconds)
    print(json.dumps(counts), flush=True)
    # hundreds of connections end with the process, not one by one
    os._exit(0)


def main(text: str, count: str, seconds: str) -> None:
    """Run the attack that is written as JSON with so many connections."""
    asyncio.run(_run(Attack(**json.loads(text)), int(count), float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
