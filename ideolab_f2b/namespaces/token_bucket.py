"""How many questions each user may ask: a bucket of tokens for each."""

from __future__ import annotations

import time
from collections.abc import Callable

#: questions at once
BURST = 40.0
#: questions a second: connmon asks every 5 s
EACH_S = 20.0
#: root's are so many times as much: in a burst of bans the closer of each jail asks 15 times a second
ROOTS = 10


class TokenBuckets:
    """One bucket for each user; a user's own questions never take another's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, uid: int) -> bool:
        """Take a token of the user; return whether there was one. Each user is kept."""
        now = self._clock()
        times = ROOTS if uid == 0 else 1
        left, since = self._left.get(uid, (BURST * times, now))
        left = min(BURST * times, left + (now - since) * EACH_S * times)
        self._left[uid] = (left - 1.0 if left >= 1.0 else left), now
        return left >= 1.0
