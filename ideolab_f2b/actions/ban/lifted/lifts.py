"""When the bans of one jail were lifted: no line and no ticket from before bans anew. Pure."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Optional

#: stands for all bans of the jail
ALL = "all"
#: entries of one jail; the earliest is forgotten for one more. Two calls of the Django app have so many
LIMIT = 20_000


class Lifts:
    """{address or network: when it was lifted last (epoch seconds)}, the earliest first; for any thread."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.forgotten = 0
        self._limit, self._lock = limit, threading.Lock()
        self._lifted: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._lifted)

    def find(self, identity: str) -> Optional[float]:
        """Return when this ban was lifted, alone or with all others; None when it was not."""
        lifted = self._lifted
        # of one and of all, the later call is noted: an earlier one of its own went with all
        found = lifted.get(identity)
        return lifted.get(ALL) if found is None else found

    def note(self, identity: str, at: float) -> float:
        """Note a lift and return its time, which is never before an earlier one: clocks are set back."""
        with self._lock:
            at = max(at, self.find(identity) or 0.0)
            self._put(identity, at)
            return at

    def put(self, identity: str, at: float) -> None:
        """Note exactly this time, in place of any other."""
        with self._lock:
            self._put(identity, at)

    def _put(self, identity: str, at: float) -> None:
        if identity == ALL:
            self._lifted = {ALL: at}
            return
        self._lifted.pop(identity, None)
        self._lifted[identity] = at
        if len(self._lifted) > self._limit:
            earliest = next(each for each in self._lifted if each != ALL)
            del self._lifted[earliest]
            self.forgotten += 1

    def put_all(self, rows: Iterable[tuple[str, float]], since: float) -> None:
        """Note what was written down, in that order, and forget what was lifted before `since`."""
        for identity, at in rows:
            self.put(identity, at)
        with self._lock:
            self._lifted = {identity: at for identity, at in self._lifted.items() if at >= since}

    def rows(self) -> list[tuple[str, float]]:
        """Return all entries, in an order in which put_all() takes them."""
        with self._lock:
            return list(self._lifted.items())
