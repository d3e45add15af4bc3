"""One address whose ban makes room, and the sentence that says why."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.slots.usage import Usage


class Holding(NamedTuple):
    """What an address holds of a full server."""

    address: bytes
    #: slots that it holds
    slots: int
    #: those of which it is told from an honest client by: what a ban is for
    proven: int
    why: str
    #: seconds of its ban; 0 = those of the jail
    ttl: int = 0


def describe_holding(slots: int, all_slots: int, usage: Usage, what: str, span_s: float) -> str:
    """Return the reason as people read it."""
    share = 100 * slots / max(1, all_slots)
    return (
        f"the server is full: it holds {slots} slots, {share:.0f} % of all, {what}; "
        f"in the last {span_s:.0f} s it held {usage.held_s / span_s:.0f} on average "
        f"and got {usage.answers:.0f} answers"
    )
