"""Measures at each snapshot how full the server of one port is; a state rises at once and falls late."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Callable, Optional, TypeVar

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure import aborts as abort_counters
from ideolab_f2b.connmon.pressure import alert as alert_file
from ideolab_f2b.connmon.pressure.aborts import AbortRate
from ideolab_f2b.connmon.pressure.capacity import UNKNOWN, Capacity, CapacityReader
from ideolab_f2b.connmon.pressure.evidence import MUCH, Measure, judge
from ideolab_f2b.connmon.pressure.probe import Probe, is_refused
from ideolab_f2b.connmon.pressure.state import CALM, EXHAUSTED, STATES, Pressure, SlotUse
from ideolab_f2b.kernel import sockstat
from ideolab_f2b.kernel.sockets import listener
from ideolab_f2b.kernel.sockets.listener import Listener
from ideolab_f2b.kernel.sockets.upstreams import count_upstreams

#: seconds without evidence after which a state falls
HOLD_S = 5.0
#: seconds between two measures that both see connections wait: snapshots may come twice a second
WAITING_S = 1.0
#: seconds that an alert of nginx counts; longer where measures are further apart
ALERT_S = 3.0
_Answer = TypeVar("_Answer")


class PressureGauge:
    """Keeps the state of one port between two measures; what it cannot read is unknown."""

    def __init__(
        self,
        port: int,
        settings: Connmon,
        *,
        listeners: Callable[[int], Sequence[Listener]] = listener.listeners,
        capacity: Optional[Callable[[int, float], Capacity]] = None,
        alert: Callable[[], Optional[float]] = alert_file.age_s,
        aborts: Callable[[], int] = abort_counters.read,
        upstreams: Callable[[int], Optional[int]] = count_upstreams,
        in_use: Callable[[], int] = sockstat.count_in_use,
        probe: Callable[[Listener, int], Optional[bool]] = is_refused,
    ) -> None:
        self._port = port
        self._listeners, self._alert = partial(listeners, port), alert
        self._capacity = capacity or CapacityReader(settings.capacity).read
        self._aborts, self._probe = AbortRate(aborts), Probe(port, probe)
        self._upstreams, self._in_use = partial(upstreams, port), in_use
        #: since when connections have waited at each measure
        self._waiting_since: Optional[float] = None
        self._measured: Optional[float] = None
        #: the state, since when, and when there last was evidence of it
        self._state, self._since, self._seen = CALM, float("-inf"), float("-inf")

    def measure(self, use: SlotUse, when: float) -> Pressure:
        """Return how full the server is. `when` are seconds that never go back; call it once a snapshot.

        It never raises: what cannot be read is unknown, and `why` says so.
        """
        missing: list[str] = []
        found = _ask(self._listeners, "the accept queue", missing) or ()
        capacity = _ask(partial(self._capacity, use.slots, when), "the capacity", missing)
        capacity = capacity or Capacity(0, UNKNOWN)
        queue = sum(one.waiting for one in found)
        measure = Measure(
            use,
            capacity.slots,
            capacity.is_known,
            queue=queue,
            has_waited=self._waiting_since is not None and when - self._waiting_since >= WAITING_S,
            refusals_per_s=_ask(partial(self._aborts.measure, when), "the aborted connections", missing),
            alert_age_s=_ask(self._alert, "nginx's alert", missing),
            alert_counts_s=self._alert_counts_s(when),
        )
        measure = self._look_closer(measure, found, when, missing)
        if not (queue and use.waiting):
            self._waiting_since = None
        elif self._waiting_since is None:
            self._waiting_since = when
        self._measured = when
        state, why = judge(measure)
        if missing:
            why += f"; unknown: {', '.join(missing)}"
        state, why = self._hold(state, why, when)
        backlog = sum(one.backlog for one in found)
        return Pressure(state, use.slots, *capacity, queue, backlog, why, self._since)

    def _look_closer(
        self, measure: Measure, found: Sequence[Listener], when: float, missing: list[str]
    ) -> Measure:
        """Ask what costs more, where the answer can matter."""
        if measure.is_known and self._may_be_much(measure, missing):
            upstreams = _ask(self._upstreams, "the connections to upstreams", missing)
            measure = measure._replace(upstreams=upstreams)
        # the first one is made in peace: it says whether the server holds a connection that is silent
        if measure.has_refusals or self._probe.is_untested(when):
            question = partial(self._probe.measure, found, when)
            refused = _ask(question, "whether a connection is refused", missing)
            measure = measure._replace(is_probe_refused=refused)
        return measure

    def _alert_counts_s(self, when: float) -> float:
        """Return how old an alert may be: none that came since the last measure is missed."""
        return ALERT_S if self._measured is None else max(ALERT_S, when - self._measured + 1.0)

    def _may_be_much(self, measure: Measure, missing: list[str]) -> bool:
        in_use = _ask(self._in_use, "the sockets in use", missing)
        return in_use is not None and in_use >= MUCH * measure.capacity

    def _hold(self, state: str, why: str, when: float) -> tuple[str, str]:
        """Return the state to report: a worse one at once, a better one when the worse has not been seen."""
        now, before = STATES.index(state), STATES.index(self._state)
        if now >= before:
            self._seen = when
        elif when - self._seen < HOLD_S:
            return self._state, f"{self._state} until {HOLD_S:.0f} s have passed without a sign of it; {why}"
        if state != self._state or self._since == float("-inf"):
            self._state, self._since = state, when
            self._seen = when
        return state, why


def _ask(question: Callable[[], _Answer], what: str, missing: list[str]) -> Optional[_Answer]:
    """Return the answer; when there is none, note `what` is not known."""
    try:
        return question()
    except Exception as error:
        missing.append(f"{what} ({error})")
        return None


def _make(state: str) -> Callable[[SlotUse, float], Pressure]:
    def measure(use: SlotUse, when: float) -> Pressure:
        return Pressure(state, use.slots, 0, UNKNOWN, 0, 0, f"the state is given: {state}", 0.0)

    return measure


#: for saved texts and tests, which have no server
ALWAYS_EXHAUSTED = _make(EXHAUSTED)
ALWAYS_CALM = _make(CALM)
