"""The three states of a server, and the numbers that they come from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

CALM, BUSY, EXHAUSTED = "calm", "busy", "exhausted"
#: from the best to the worst; the place of a state here is its number in the metrics
STATES = (CALM, BUSY, EXHAUSTED)
#: of a saved text, which says nothing of the listener
UNKNOWN = "unknown"


class SlotUse(NamedTuple):
    """How one snapshot sees nginx's slots; a slot is one of its worker_connections."""

    #: accepted connections that are not closing
    slots: int
    #: of these: mute, handshake-only, idle; nginx closes such ones first when it is short of slots
    reusable: int
    #: connections that nginx has not accepted for a second or more
    waiting: int


class Pressure(NamedTuple):
    """How full the server behind one port is."""

    state: str
    slots: int
    #: connections that nginx can hold, those to its upstreams included; 0 = unknown
    capacity: int
    #: "setting", "nginx", "learnt" or "unknown"
    capacity_source: str
    #: length of the accept queue, over all listeners of the port
    waiting: int
    #: how long the accept queue may get
    backlog: int
    #: one sentence for people
    why: str
    #: seconds (the caller's clock) since when the state holds
    since: float

    @property
    def configured(self) -> int:
        """The capacity where it was configured; 0 where it was only seen, or is unknown."""
        return self.capacity if self.capacity_source in ("setting", "nginx") else 0


def find_worst(states: Iterable[str]) -> str:
    """Return the worst of several servers' states: as long as one of them is unknown, not all are calm."""
    found = set(states)
    worst = max((state for state in found if state in STATES), key=STATES.index, default=UNKNOWN)
    return UNKNOWN if worst == CALM and not found.issubset(STATES) else worst


def measure_nothing(use: SlotUse, when: float) -> Pressure:
    """Return the pressure of a saved text."""
    why = "a saved text has no listener, so it is judged as if there were no room"
    return Pressure(UNKNOWN, use.slots, 0, UNKNOWN, use.waiting, 0, why, when)
