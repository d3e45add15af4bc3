"""Decides whether the rule is moved before what another program has put in front of it. Pure."""

from __future__ import annotations

from typing import Callable

from ideolab_f2b.actions.reconcile.allowance import Allowance

#: seconds until the rule is moved again before the same rules; each time they come back doubles it
AGAIN_S = 600.0
#: seconds, the most of these
MOST_S = 6 * 3600.0
#: moves of a chain in a row, whatever stands in front: a program may put another rule there each time
_MOVES = 4
#: sets of rules in front that are remembered
_LIMIT = 64

#: program and chain
Place = tuple[str, str]
_Before = tuple[str, ...]


class Contest:
    """The rule is moved once; who puts the same rules in front of it again keeps the place for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        #: {place and rules in front: (when the rule was moved before them, seconds until it may be again)}
        self._moved: dict[tuple[Place, _Before], tuple[float, float]] = {}
        self._allowed: dict[Place, Allowance] = {}

    def may_move(self, place: Place, before: _Before) -> bool:
        """Return whether to move the rule now, and note that it is moved."""
        now, key = self._clock(), (place, before)
        moved_at, wait_s = self._moved.get(key, (float("-inf"), AGAIN_S / 2))
        if now - moved_at < wait_s or not self._allowance(place).take():
            return False
        self._moved.pop(key, None)
        while len(self._moved) >= _LIMIT:
            del self._moved[next(iter(self._moved))]
        # who has kept quiet for that long begins anew
        is_new = now - moved_at > 2 * MOST_S
        self._moved[key] = now, AGAIN_S if is_new else min(2 * wait_s, MOST_S)
        return True

    def _allowance(self, place: Place) -> Allowance:
        if place not in self._allowed:
            self._allowed[place] = Allowance(_MOVES, AGAIN_S, self._clock)
        return self._allowed[place]
