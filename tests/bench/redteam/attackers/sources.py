"""From which of the attacker's addresses the next connection comes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Callable

#: all addresses at once, each with its part of the connections
SPREAD = "spread"
#: one address with all of them, until the server does not answer it any more: then the next
RELAY = "relay"
#: one address with all of them for a time, then the next, and the first again after the last
HOP = "hop"


class Sources:
    """The addresses of an attack, in one of the orders above."""

    def __init__(
        self, addresses: Sequence[str], order: str, hop_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._addresses, self._order, self._hop_s, self._clock = addresses, order, hop_s, clock
        self._current = 0

    def choose(self, number: int) -> str:
        """Return the address for that connection."""
        if self._order == SPREAD:
            place = number
        elif self._order == HOP:
            place = int(self._clock() / self._hop_s)
        else:
            place = self._current
        return self._addresses[place % len(self._addresses)]

    def leave(self, address: str) -> None:
        """Note that the server does not answer this address."""
        if self._addresses[self._current % len(self._addresses)] == address:
            self._current += 1
