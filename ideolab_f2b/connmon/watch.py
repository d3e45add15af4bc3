"""The loop of connmon: take a snapshot of each port, the host's first, judge it, write what was found."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Optional

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.alike.systems import know_nothing
from ideolab_f2b.connmon.containers.look import Containers
from ideolab_f2b.connmon.cost import CONFIRM_SHARE, CORE_SHARE
from ideolab_f2b.connmon.output.status import format_status
from ideolab_f2b.connmon.output.writer import TickOutput
from ideolab_f2b.connmon.port_judge import Details, PortJudge, Rows, Systems
from ideolab_f2b.connmon.pressure.gauge import PressureGauge
from ideolab_f2b.connmon.pressure.state import BUSY, EXHAUSTED, Pressure, SlotUse
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.limits import lowest_limit
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.kernel import address, sockstat
from ideolab_f2b.kernel.sockets import detail, sock_diag
from ideolab_f2b.notify import Notifier

#: seconds between two readings of the host's own addresses and gateways
OWN_EVERY_S = 60.0
#: ticks at most that the pause after them pays for: an attacker must not buy a longer one
OWED_TICKS = 2
#: seconds; the shortest pause between two ticks
SHORTEST_S = 0.5
#: seconds between two ticks of a server that runs out of room
SHORT_OF_ROOM_S = 1.0
#: ticks of `--once` after the second: one when connections are old enough, one that confirms it
MORE_TICKS = 2
#: seconds from the moment when connections are old enough to the tick: kernel clocks are rounded
OLD_ENOUGH_MARGIN_S = 0.1


def read_own_addresses() -> frozenset[bytes]:
    """Return the packed addresses that are never scored: this host's own, and its gateways."""
    return frozenset(item.packed for item in address.local_addresses() | address.gateways())


def _measure_of(port: int, settings: Connmon) -> Callable[[SlotUse, float], Pressure]:
    return PressureGauge(port, settings).measure


class Watch:
    """Judges the snapshots of each port with one judge per port; keeps nothing else between two ticks."""

    def __init__(
        self,
        settings: Connmon,
        *,
        rows: Rows = sock_diag.rows,
        details: Details = detail.details,
        systems: Systems = know_nothing,
        inuse: Callable[[], int] = sockstat.count_in_use,
        own: Callable[[], frozenset[bytes]] = read_own_addresses,
        clock: Callable[[], float] = time.time,
        measure_of: Callable[[int, Connmon], Callable[[SlotUse, float], Pressure]] = _measure_of,
        containers: Optional[Containers] = None,
    ) -> None:
        """`containers` looks into the network namespaces of containers; without it nobody does."""
        self._settings, self._containers = settings, containers
        self._inuse, self._read_own, self._clock = inuse, own, clock
        self._judges = [
            PortJudge(
                port,
                settings,
                rows=rows,
                details=details,
                systems=systems,
                measure=measure_of(port, settings),
            )
            for port in settings.ports
        ]
        #: the host's own addresses and gateways, and when they were read
        self._own, self._own_read = frozenset[bytes](), float("-inf")
        #: sockets in use at the last tick; None when they were enough for a suspect
        self._too_few: int | None = None
        #: the last tick of the host's ports, and of those of containers
        self._ticks: list[PortTick] = []
        self._others: list[PortTick] = []
        #: CPU seconds of the last tick, and those by which the last ticks exceed their share of a core by now
        self._cost_s, self._owed_s = 0.0, 0.0
        self._ended = time.monotonic()

    def tick(self) -> list[PortTick]:
        """Judge a snapshot of every port, then those of containers, and return what was found.

        OSError when the kernel does not answer.
        """
        self._tell_own()
        host = self._look_at_host()
        # the last findings are not needed beside the new ones: they may be large
        self._others = []
        if self._containers is not None:
            is_busy = any(tick.findings.is_unconfirmed or tick.findings.suspects for tick in host)
            self._others = self._containers.look(self._own, is_busy=is_busy)
        return [*host, *self._others]

    @property
    def problem(self) -> str:
        """Why containers are not looked into although they should be; "" when all is well."""
        return self._containers.problem if self._containers is not None else ""

    def _look_at_host(self) -> list[PortTick]:
        """Judge the host's own ports.

        The last findings come again, with a new time, when nothing can have changed: fewer sockets are in use
        than any threshold, and as many as then.
        """
        inuse = self._inuse()
        if self._too_few == inuse:
            now = self._clock()
            self._ticks = [tick._replace(when=now, took_s=0.0) for tick in self._ticks]
            return self._ticks
        started_s = time.process_time()
        self._ticks, self._too_few = [], None
        self._ticks = [judge.look(self._clock()) for judge in self._judges]
        is_calm = all(_is_calm(tick.findings) for tick in self._ticks)
        self._too_few = inuse if is_calm and inuse < lowest_limit(self._settings) else None
        self._add_cost(time.process_time() - started_s)
        return self._ticks

    def pause_s(self) -> float:
        """Return the seconds until the next tick.

        They are fewer than `every_s` when connections get old enough before, or when somebody is over a limit
        for the first time; they are more when ticks take much CPU time. Whoever is over a limit for the first
        time is seen again at once all the same, up to CONFIRM_SHARE: the pause after that is the longer.
        """
        findings = [tick.findings for tick in (*self._ticks, *self._others)]
        waits_s = [one.old_enough_in_s for one in findings]
        soonest = [self._settings.every_s if all(map(_is_calm, findings)) else SHORT_OF_ROOM_S]
        soonest += [wait_s + OLD_ENOUGH_MARGIN_S for wait_s in waits_s if wait_s is not None]
        if any(one.is_unconfirmed or not _is_calm(one) for one in findings):
            rest_s = self._cost_s / CONFIRM_SHARE
        else:
            rest_s = self._owed_s / CORE_SHARE
        return max(SHORTEST_S, rest_s, min(soonest))

    def _add_cost(self, cost_s: float) -> None:
        now = time.monotonic()
        owed_s = max(0.0, self._owed_s - CORE_SHARE * (now - self._ended)) + cost_s
        self._owed_s = min(owed_s, OWED_TICKS * cost_s)
        self._cost_s, self._ended = cost_s, now

    def _tell_own(self) -> None:
        """Tell the judges who is never scored: the host, its gateways, and its containers."""
        if time.monotonic() - self._own_read >= OWN_EVERY_S:
            self._own, self._own_read = self._read_own(), time.monotonic()
        others = self._containers.own if self._containers is not None else frozenset[bytes]()
        for judge in self._judges:
            judge.tell_own(self._own | others)


def _is_calm(findings: Findings) -> bool:
    return findings.pressure is None or findings.pressure.state not in (BUSY, EXHAUSTED)


def run(
    watch: Watch,
    output: TickOutput,
    stop: threading.Event,
    complaint: Complaint,
    notifier: Optional[Notifier] = None,
    *,
    is_observing: bool = False,
) -> None:
    """Tick until `stop` is set; an error goes to stderr and does not stop the next tick.

    With `is_observing` the status says that nobody is banned.
    """
    notifier = notifier or Notifier()
    # what lasts is not said again: the status has it
    problems = Complaint(complaint.say, float("inf"))
    while not stop.is_set():
        try:
            ticks = watch.tick()
        except OSError as error:
            status = f"the sockets cannot be read: {error}"
            complaint.say(status, "sockets")
            # a new start reads no more of them; check and the alert of a job without success tell it
            notifier.work(partial(str, status))
        else:
            output.write(ticks)
            _note_problem(problems, watch.problem)
            notifier.work(partial(format_status, ticks, is_observing=is_observing, problem=watch.problem))
            # they would stay in memory beside the next ones
            del ticks
        notifier.wait(stop, watch.pause_s())
    notifier.stop()


def _note_problem(problems: Complaint, problem: str) -> None:
    if problem:
        problems.say(problem, "containers")
    else:
        problems.settle("containers", "all containers are looked into again")


def run_once(watch: Watch, output: TickOutput, stop: threading.Event) -> None:
    """Tick twice, because rates need both, and up to MORE_TICKS more times while the findings are in a hurry.

    These come when connections get old enough soon after, or when who is over a limit was so once only.
    """
    ticks = watch.tick()
    output.write(ticks)
    for number in range(1 + MORE_TICKS):
        if stop.wait(watch.pause_s()):
            return
        ticks = watch.tick()
        output.write(ticks)
        if number < MORE_TICKS and not any(tick.findings.old_enough_in_s is not None for tick in ticks):
            return
