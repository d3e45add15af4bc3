"""Remembers who was answered of late, however few connections he has."""

from __future__ import annotations

from collections.abc import Container, Iterable

#: addresses after which a span ends early: bounds the memory
MOST = 50_000


class AnsweredAddresses(Container[bytes]):
    """Has the addresses that were answered in the last `span_s` seconds, and some of up to twice that."""

    def __init__(self, span_s: float) -> None:
        self.span_s = span_s
        self._now: set[bytes] = set()
        self._last: set[bytes] = set()
        self._began = 0.0

    def note(self, addresses: Iterable[bytes], when: float) -> None:
        """Add those that were answered since the last note; `when` is in seconds and never goes back."""
        if when - self._began >= self.span_s or len(self._now) >= MOST:
            self._last = self._now if when - self._began < 2 * self.span_s else set()
            self._now, self._began = set(), when
        self._now.update(addresses)

    def __contains__(self, address: object) -> bool:
        return address in self._now or address in self._last
