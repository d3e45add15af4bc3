"""Judges from one measure whether the server runs out of slots; knows nothing of what was before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Optional

from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, STATES, SlotUse

#: share of the capacity at which nginx has (nearly) no slot left: below 1/16 it closes what it can close
FULL = 0.94
#: share of the capacity from which on the server is busy
MUCH = 0.7
#: the least share at which refusals can mean missing slots: a proxied request takes two, and shows one
HALF = 0.47
#: refusals a second; a few come from any client that goes on sending after the end
REFUSALS_PER_S = 0.5


class Measure(NamedTuple):
    """All that is known at one moment; None is unknown."""

    use: SlotUse
    #: 0: unknown
    capacity: int
    #: whether the capacity was configured, and not only seen
    is_known: bool
    #: nginx's connections to its upstreams; each takes a slot, and so does the client that waits for it
    upstreams: Optional[int] = None
    #: length of the accept queue
    queue: Optional[int] = None
    #: whether connections waited in the queue at the last measure too
    has_waited: bool = False
    #: connections that the server ended although the client went on sending, a second
    refusals_per_s: Optional[float] = None
    #: seconds since nginx has said that its worker_connections are not enough
    alert_age_s: Optional[float] = None
    #: seconds that an alert counts
    alert_counts_s: float = 3.0
    #: whether a connection of our own was ended at once; None: not tried, or it proves nothing here
    is_probe_refused: Optional[bool] = None

    @property
    def has_room(self) -> bool:
        """whether most of the known slots are free, even if each connection takes a second one."""
        return self.is_known and 2 * self.use.slots < MUCH * self.capacity

    @property
    def has_refusals(self) -> bool:
        """Whether the server ends more connections early than a few."""
        return (self.refusals_per_s or 0.0) >= REFUSALS_PER_S

    @property
    def held(self) -> int:
        """Slots of clients that nginx cannot free by itself; one that waits for an upstream may look idle."""
        return max(0, self.use.slots - self.use.reusable, min(self.use.slots, self.upstreams or 0))

    @property
    def held_in_all(self) -> int:
        """Slots of clients and of upstreams that nginx cannot free by itself."""
        return self.held + (self.upstreams or 0)


def judge(measure: Measure) -> tuple[str, str]:
    """Return the worst state that there is evidence of, and a sentence that says why."""
    found = [*_alert(measure), *_queue(measure), *_slots(measure), *_refusals(measure)]
    return max(found, key=lambda one: STATES.index(one[0]), default=(CALM, _describe(measure)))


def _describe(measure: Measure) -> str:
    use, capacity = measure.use, measure.capacity
    number = f"{use.slots} of {capacity}" if measure.is_known else f"{use.slots}"
    return f"{number} slots are taken, {use.reusable} of them by connections that nginx may close"


def _alert(measure: Measure) -> Iterator[tuple[str, str]]:
    age_s = measure.alert_age_s
    if age_s is not None and age_s <= measure.alert_counts_s:
        yield EXHAUSTED, f"nginx has said {age_s:.0f} s ago that its worker_connections are not enough"


def _queue(measure: Measure) -> Iterator[tuple[str, str]]:
    if measure.queue and measure.use.waiting:
        what = f"{measure.queue} connections wait in the accept queue"
        if measure.has_room:
            yield BUSY, f"{what}, while most slots are free: nginx stands still"
        elif measure.has_waited:
            yield (
                EXHAUSTED,
                f"{what}, and some did at the snapshot before: nginx does not come to accept them",
            )
        else:
            yield BUSY, f"{what}, {measure.use.waiting} of them for a second or more"


def _slots(measure: Measure) -> Iterator[tuple[str, str]]:
    """Compare the slots with a capacity that was configured: one that was only seen proves nothing."""
    if not measure.is_known:
        return
    capacity, held = measure.capacity, measure.held_in_all
    what = f"{held} of {capacity} slots are held by connections that nginx cannot close"
    if measure.upstreams:
        what += f", {measure.upstreams} of them by upstreams"
    if held >= FULL * capacity:
        yield EXHAUSTED, what
    elif held >= MUCH * capacity:
        yield BUSY, what
    elif measure.use.slots >= FULL * capacity:
        yield BUSY, f"{_describe(measure)}: it does, one by one"


def _refusals(measure: Measure) -> Iterator[tuple[str, str]]:
    """Anybody can make a server refuse some connections; something that nobody can make must agree."""
    if not measure.has_refusals:
        return
    rate = f"{measure.refusals_per_s:.0f} connections a second are refused"
    share = measure.held_in_all / measure.capacity if measure.is_known else 0.0
    slots = f"{measure.held_in_all} of {measure.capacity} slots are held"
    if measure.is_probe_refused:
        yield EXHAUSTED, f"{rate}, a connection of our own too"
    elif measure.is_probe_refused is None and share >= MUCH:
        yield EXHAUSTED, f"{rate}, and {slots}"
    elif share >= HALF:
        yield BUSY, f"{rate}, and {slots}"
