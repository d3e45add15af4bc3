"""One honest client: where it comes from, and a record of what it got."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Callable, NamedTuple

from tests.bench.redteam.protocols import http1
from tests.bench.redteam.protocols.connection import Connection, connect
from tests.bench.redteam.protocols.http1 import Answer
from tests.bench.redteam.server.addresses import MAIN


@dataclass
class Record:
    """What all clients of a kind got: seconds (epoch) that had an answer, and failures by name."""

    answers: int = 0
    answered_s: set[int] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)

    def answer(self) -> None:
        """Count something that the server gave."""
        self.answers += 1
        self.answered_s.add(int(time.time()))

    def fail(self, reason: str) -> None:
        """Count something that went wrong."""
        self.failures[reason] += 1


class Client(NamedTuple):
    """One of the people, programs or devices behind the address of a kind."""

    number: int
    address: str
    record: Record
    server: str = MAIN

    async def open(
        self, *, secure: bool = True, protocols: Sequence[str] = (), receive_buffer: int = 0
    ) -> Connection:
        """Return a connection, after the handshake where it is a secure one."""
        connection = await connect(self.address, server=self.server, receive_buffer=receive_buffer)
        try:
            if secure:
                await connection.shake(protocols)
        except BaseException:
            connection.close()
            raise
        return connection

    async def ask(
        self,
        connection: Connection,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] = {},
        body: bytes = b"",
        within_s: float = 60.0,
    ) -> Answer:
        """Send a request, read its answer and count it."""
        # people have cookies, and no two of them the same
        rows = {"Cookie": f"s={'a' * (20 + 3 * (self.number % 14))}", **headers}
        found = await http1.ask(connection, http1.request(path, method, rows, body), within_s)
        self.record.answer()
        return found


#: what a client does until it is cancelled; one that ends, or fails, begins again
Behaviour = Callable[[Client], Awaitable[None]]


class Kind(NamedTuple):
    """So many clients behind one address, which begin within `spread_s`."""

    behave: Behaviour
    clients: int
    spread_s: float = 10.0
    server: str = MAIN


async def wait(low_s: float, high_s: float) -> None:
    """Do nothing for a time between these."""
    await asyncio.sleep(random.uniform(low_s, high_s))
