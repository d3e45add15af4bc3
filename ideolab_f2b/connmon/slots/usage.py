"""What one address did with its slots over a window of time, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

#: addresses that a window remembers in each of its halves: bounds the memory
MOST = 50_000


class Usage(NamedTuple):
    """Slot-seconds and answers of one address over a window."""

    #: slot-seconds that its connections took
    held_s: float
    #: of these: the client owed the rest of a hello or request, or we owed an answer
    unanswered_s: float
    #: of these: the client owed the rest of its hello
    hello_s: float
    #: times that a connection was seen to ask and be answered
    answers: float
    #: slot-seconds in which that was so
    answered_s: float = 0.0


NOTHING = Usage(0.0, 0.0, 0.0, 0.0)


def add_up(usages: Iterable[Usage]) -> Usage:
    """Return the sums over several addresses."""
    return Usage(*map(sum, zip(*usages))) if (usages := list(usages)) else NOTHING


class UsageWindow:
    """Sums over the last `span_s` seconds: of the present span, and of the last one as far as it counts."""

    def __init__(self, span_s: float) -> None:
        self.span_s = span_s
        self._now: dict[bytes, array[float]] = {}
        self._last: dict[bytes, array[float]] = {}
        self._began = 0.0

    def advance(self, when: float) -> None:
        """Begin a new span where the present one is over; `when` is in seconds and never goes back."""
        if when - self._began < self.span_s:
            return
        self._last = self._now if when - self._began < 2 * self.span_s else {}
        self._now, self._began = {}, when

    def add(self, address: bytes, usage: Usage) -> None:
        """Add what an address did; there are MOST addresses at most."""
        sums = self._now.get(address)
        if sums is not None:
            held, unanswered, hello, answers, answered = usage
            sums[0] += held
            sums[1] += unanswered
            sums[2] += hello
            sums[3] += answers
            sums[4] += answered
        else:
            if len(self._now) >= MOST:
                self._drop_small()
            self._now[address] = array("f", usage)

    def _drop_small(self) -> None:
        """Forget the half that held least, so that a flood of addresses hides nobody who holds much."""
        held = sorted(self._now.items(), key=lambda item: -item[1][0])
        self._now = dict(held[: MOST // 2])

    def sum_up(self, address: bytes, when: float) -> Usage:
        """Return what an address did in the last `span_s` seconds, as far as it was noted."""
        now, last = self._now.get(address), self._last.get(address)
        if last is None:
            return NOTHING if now is None else Usage(*now)
        part = max(0.0, 1.0 - (when - self._began) / self.span_s)
        earlier = [part * value for value in last]
        return Usage(*(map(sum, zip(now, earlier)) if now else earlier))

    def __contains__(self, address: object) -> bool:
        return address in self._now or address in self._last
