"""Decides which lines of a flood go on to fail2ban, and counts the others, one second at a time.

In each window the first lines of one address and kind pass, more than any maxretry needs: the rest would
change no ban. All together are no more than fail2ban can read; once half of that is used, no network (/24,
/48) gets more than one address may have, so that a client with many addresses takes nobody else's place.
"""

from __future__ import annotations

import heapq
import ipaddress
from collections import Counter
from typing import NamedTuple

from ideolab_f2b.intake.client import network_of, text_of
from ideolab_f2b.intake.kind import Kind

#: seconds for which lines are counted together
WINDOW_S = 1.0
#: addresses and kinds that are named at the end of a window: those with the most lines
NAMED = 10


class Collapsed(NamedTuple):
    """Lines of one window that did not pass; without an address: those of all addresses not named."""

    address: str
    words: bytes
    lines: int


class Collapse:
    """Lets at most `lines_address` lines of a kind, and `lines_total` of all kinds, pass in a window."""

    def __init__(self, lines_address: int, lines_total: int) -> None:
        self._per_address, self._total = lines_address, lines_total
        self._ample = (lines_total + 1) // 2
        self._start = float("-inf")
        self._clear()

    def _clear(self) -> None:
        self._passed: dict[Kind, int] = {}
        self._over: dict[Kind, int] = {}
        self._networks: Counter[bytes] = Counter()
        self._all_passed = self._unknown = 0

    def passes(self, kind: Kind) -> bool:
        """Return whether a line of this kind goes on; it is counted either way."""
        passed = self._passed.get(kind, 0)
        if passed < self._per_address and (self._all_passed < self._ample or self._has_place(kind)):
            self._passed[kind] = passed + 1
            self._all_passed += 1
            return True
        if passed:
            self._over[kind] = self._over.get(kind, 0) + 1
        else:
            self._unknown += 1
        return False

    def _has_place(self, kind: Kind) -> bool:
        """Return whether one more line of this kind finds room in the second half, which it then takes."""
        if self._all_passed >= self._total:
            return False
        if not self._networks:
            for (each, _words), passed in self._passed.items():
                self._networks[network_of(each)] += passed
        address, _words = kind
        name = network_of(address)
        if self._networks[name] >= self._per_address:
            return False
        self._networks[name] += 1
        return True

    def end_window(self, now: float) -> list[Collapsed]:
        """Begin the next window if this one is over, and return what it collapsed.

        `now` is in seconds and never goes back; before the end nothing is returned.
        """
        if now < self._start + WINDOW_S:
            return []
        collapsed = self._list_collapsed()
        self._clear()
        self._start = now
        return collapsed

    def _list_collapsed(self) -> list[Collapsed]:
        most = heapq.nlargest(NAMED, self._over, key=self._over.__getitem__)
        named = [Collapsed(_format_address(kind[0]), kind[1].text, self._over[kind]) for kind in most]
        others = self._unknown + sum(self._over.values()) - sum(one.lines for one in named)
        return named + [Collapsed("", b"", others)] * bool(others)


def _format_address(key: bytes) -> str:
    """Return the address or the /64 as text, or nothing: what a client forged may be anything."""
    text = text_of(key).decode("ascii", "replace")
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return ""
    return text
