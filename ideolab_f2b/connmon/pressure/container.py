"""How full a server in a container is, as far as that is to be seen from the host.

Its accept queue is. nginx's processes and configuration, its connections to upstreams and what it refuses are
not, so that only a number in f2b.conf says that there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.capacity import CapacityReader
from ideolab_f2b.connmon.pressure.evidence import MUCH
from ideolab_f2b.connmon.pressure.gauge import PressureGauge
from ideolab_f2b.connmon.pressure.state import CALM, UNKNOWN, Pressure, SlotUse
from ideolab_f2b.kernel.sockets.listener import Listener

_NO_CAPACITY = "what nginx in a container can hold is not known without capacity in f2b.conf"
_NO_UPSTREAMS = "what nginx in a container holds at its upstreams is not known"


def measure_of(
    port: int, settings: Connmon, listeners: Callable[[int], Sequence[Listener]]
) -> Callable[[SlotUse, float], Pressure]:
    """Return what measures one port of a container; `listeners` reads those of its namespace."""
    gauge = PressureGauge(
        port,
        settings,
        listeners=listeners,
        capacity=CapacityReader(settings.capacity, record=None, running=list).read,
        alert=lambda: None,
        aborts=lambda: 0,
        upstreams=lambda _port: None,
        in_use=lambda: 0,
        probe=lambda _listener, _port: None,
    )

    def measure(use: SlotUse, when: float) -> Pressure:
        return _doubt(gauge.measure(use, when))

    return measure


def _doubt(found: Pressure) -> Pressure:
    """Return the same, but for a calm that nobody can see."""
    # each connection may hold a second slot at an upstream
    if found.state != CALM or 2 * found.slots < MUCH * found.configured:
        return found
    why = _NO_UPSTREAMS if found.configured else _NO_CAPACITY
    return found._replace(state=UNKNOWN, why=f"{why}: it is judged as if there were no room; {found.why}")
