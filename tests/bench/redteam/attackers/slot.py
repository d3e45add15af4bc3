"""One connection that an attacker holds, and what all of them counted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tests.bench.redteam.attackers.attack import Attack
from tests.bench.redteam.attackers.sources import Sources
from tests.bench.redteam.protocols.connection import Connection, connect

#: who gets no answer to a SYN for so many seconds is banned: nothing is lost on the way
_ANSWER_S = 1.5


class Slot(NamedTuple):
    """What a connection is for; `sources` and `counts` are everybody's."""

    number: int
    sources: Sources
    attack: Attack
    counts: Counter[str]

    async def open(
        self, *, secure: bool = True, protocols: Sequence[str] = (), receive_buffer: int = 0
    ) -> Connection:
        """Return a connection, after the handshake where it is a secure one."""
        address = self.sources.choose(self.number)
        try:
            connection = await connect(address, receive_buffer=receive_buffer, within_s=_ANSWER_S)
        except asyncio.TimeoutError:
            self.sources.leave(address)
            raise
        try:
            if secure:
                await connection.shake(protocols)
        except BaseException:
            connection.close()
            raise
        self.counts["opened"] += 1
        return connection

    async def pause(self, connection: Connection) -> None:
        """Wait until the next piece is due; EOFError when the server ends the connection before."""
        await _watch(connection, self.step_s())

    async def hold(self, connection: Connection) -> None:
        """Wait until the connection is to be given up; EOFError as above."""
        await _watch(connection, self.attack.hold_s * min(self._vary(), 1.0))

    def step_s(self) -> float:
        """Return the seconds to the next piece."""
        return self.attack.step_s * self._vary()

    def _vary(self) -> float:
        return random.uniform(1 - self.attack.jitter, 1 + self.attack.jitter)


async def _watch(connection: Connection, seconds: float) -> None:
    try:
        await asyncio.wait_for(connection.wait_for_end(), seconds)
    except asyncio.TimeoutError:
        return
    raise EOFError("nginx ended the connection")
