"""How many questions each user may ask: a bucket of tokens for each."""

from __future__ import annotations

import time
from collections.abc import Callable

#: questions at once
BURST = 40.0
#: questions a second: connmon asks every 5 s, the closer 15 times a second in a burst of bans
EACH_S = 20.0


class TokenBuckets:
    """One bucket for each user; a user's own questions never take another's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, uid: int) -> bool:
        """Take a token of the user; return whether there was one. Each user is kept."""
        now = self._clock()
        left, since = self._left.get(uid, (BURST, now))
        left = min(BURST, left + (now - since) * EACH_S)
        self._left[uid] = (left - 1.0 if left >= 1.0 else left), now
        return left >= 1.0
