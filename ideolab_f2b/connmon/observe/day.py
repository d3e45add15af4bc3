"""What connmon saw on one day, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ideolab_f2b.connmon.suspects.suspect import Suspect

#: suspects of a day that are kept while it lasts
MOST = 100
#: those that are kept after it
KEPT = 20
#: characters of a reason that are kept
_LONGEST = 300


@dataclass
class DaySuspect:
    """An address or network that was a suspect: when, how often it became one, and its largest numbers."""

    address: str
    scope: str
    rule: str
    first: float
    last: float
    times: int = 0
    connections: int = 0
    score: int = 0
    #: most answers that it had got in the ten minutes before
    answers: int = 0
    why: str = ""


@dataclass
class Peak:
    """The largest number of a day: when it was seen, and whose it was ("" = of all together)."""

    value: int = 0
    at: float = 0.0
    address: str = ""


@dataclass
class WatchedDay:
    """The sums and the largest numbers of one day; `date` is the host's, as 2026-11-29."""

    date: str
    #: seconds for which connmon was at work, and those of them with `observe = yes`
    watched_s: float = 0.0
    observed_s: float = 0.0
    #: suspects by the rule that named them
    rules: dict[str, int] = field(default_factory=dict)
    #: more suspects than MOST have been seen: those that come again may have been counted again
    is_about: bool = False
    #: {address: what it did}
    suspects: dict[str, DaySuspect] = field(default_factory=dict)
    #: {what was counted: its largest number}
    peaks: dict[str, Peak] = field(default_factory=dict)
    #: {state of the server: seconds}
    states: dict[str, float] = field(default_factory=dict)

    def count_suspects(self) -> int:
        """Return how many became suspects."""
        return sum(self.rules.values())

    def note_suspects(self, suspects: Iterable[Suspect], new: set[str], when: float) -> None:
        """Note suspects of one snapshot; `new` are those that were none before."""
        least, rules = self._least(), self.rules
        for one in suspects:
            address = one.address
            known, is_new = self.suspects.get(address), address in new
            if known is None:
                if is_new:
                    rules[one.rule] = rules.get(one.rule, 0) + 1
                if one.connections <= least:
                    self.is_about = True
                    continue
                known = self._add(one, when)
                least = self._least()
            _update(known, one, is_new, when)

    def _least(self) -> int:
        """Return the number of connections that a suspect must exceed to be kept."""
        if len(self.suspects) < MOST:
            return -1
        return min(one.connections for one in self.suspects.values())

    def _add(self, one: Suspect, when: float) -> DaySuspect:
        if len(self.suspects) >= MOST:
            self.is_about = True
            del self.suspects[min(self.suspects, key=lambda name: self.suspects[name].connections)]
        return self.suspects.setdefault(one.address, DaySuspect(one.address, one.scope, one.rule, when, when))

    def note_peak(self, what: str, value: int, when: float, address: str = "") -> None:
        """Keep a number if it is the largest so far."""
        if value > self.peaks.get(what, Peak()).value:
            self.peaks[what] = Peak(value, when, address)

    def note_time(self, seconds: float, state: str, *, is_observing: bool) -> None:
        """Add the time since the last snapshot, and the state that it ended in."""
        self.watched_s += seconds
        self.observed_s += seconds if is_observing else 0.0
        self.states[state] = self.states.get(state, 0.0) + seconds

    def list_suspects(self) -> list[DaySuspect]:
        """Return the largest suspects that are kept, the largest first."""
        return sorted(self.suspects.values(), key=lambda one: (-one.connections, one.address))

    def shrink(self, kept: int) -> None:
        """Keep only so many suspects: the day is over."""
        self.suspects = {one.address: one for one in self.list_suspects()[:kept]}


def _update(known: DaySuspect, one: Suspect, is_new: bool, when: float) -> None:
    known.last = when
    known.times += is_new
    if one.connections > known.connections or not known.why:
        known.rule, known.why = one.rule, "; ".join(one.why)[:_LONGEST]
    known.connections = max(known.connections, one.connections)
    known.score = max(known.score, one.score)
    known.answers = max(known.answers, one.answers)
