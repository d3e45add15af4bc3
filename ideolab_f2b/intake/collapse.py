"""Which lines of a flood go on to fail2ban, and what is said of the others. Keeps one second only.

Of one address and kind the first lines of a window pass, more than any maxretry needs: the rest would change
no ban. Of all together no more pass than fail2ban can read; once half of that is used, no network (/24, /48)
gets more than one address may have, so that a client with many addresses takes the place of nobody else.
"""

from __future__ import annotations

import heapq
import ipaddress
import socket
from collections import Counter
from typing import NamedTuple

from ideolab_f2b.intake.kind import Kind

#: seconds
WINDOW_S = 1.0
#: addresses and kinds that are named at the end of a window: those with the most lines
NAMED = 10


class Collapsed(NamedTuple):
    """Lines of one window that did not pass; without an address: those of all that are not named."""

    address: str
    words: bytes
    lines: int


class Collapse:
    """`lines_address` and `lines_total` pass in a window; it remembers no more than these."""

    def __init__(self, lines_address: int, lines_total: int) -> None:
        self._per_address, self._total = lines_address, lines_total
        self._ample = (lines_total + 1) // 2
        self._begun = float("-inf")
        self._clear()

    def _clear(self) -> None:
        self._passed: dict[Kind, int] = {}
        self._over: dict[Kind, int] = {}
        self._networks: Counter[bytes] = Counter()
        self._all_passed = self._unknown = 0

    def passes(self, kind: Kind) -> bool:
        """Whether this line goes on; it is counted either way."""
        passed = self._passed.get(kind, 0)
        if passed < self._per_address and (self._all_passed < self._ample or self._has_place(kind[0])):
            self._passed[kind] = passed + 1
            self._all_passed += 1
            return True
        if passed:
            self._over[kind] = self._over.get(kind, 0) + 1
        else:
            self._unknown += 1
        return False

    def _has_place(self, address: bytes) -> bool:
        """Whether one more line of this address finds room in the second half, which it then takes."""
        if self._all_passed >= self._total:
            return False
        if not self._networks:
            for (each, _words), passed in self._passed.items():
                self._networks[network(each)] += passed
        name = network(address)
        if self._networks[name] >= self._per_address:
            return False
        self._networks[name] += 1
        return True

    def roll(self, now: float) -> list[Collapsed]:
        """When a window is over: what it collapsed, and the next one begins. `now` never runs backwards."""
        if now < self._begun + WINDOW_S:
            return []
        collapsed = self._collapsed()
        self._clear()
        self._begun = now
        return collapsed

    def _collapsed(self) -> list[Collapsed]:
        most = heapq.nlargest(NAMED, self._over, key=self._over.__getitem__)
        named = [Collapsed(_address(kind[0]), kind[1], self._over[kind]) for kind in most]
        others = self._unknown + sum(self._over.values()) - sum(one.lines for one in named)
        return named + [Collapsed("", b"", others)] * bool(others)


def network(address: bytes) -> bytes:
    """What one owner of many addresses has: /24 or /48. All that is no address is one network."""
    try:
        if b":" in address:
            return socket.inet_pton(socket.AF_INET6, address.decode("ascii"))[:6]
        return socket.inet_pton(socket.AF_INET, address.decode("ascii"))[:3]
    except (OSError, ValueError):
        return b""


def _address(text: bytes) -> str:
    """As text; what a client forged may be anything."""
    try:
        return str(ipaddress.ip_address(text.decode("ascii")))
    except ValueError:
        return ""
