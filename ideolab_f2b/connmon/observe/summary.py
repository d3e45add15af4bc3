"""Keeps the summary of each day while connmon runs; its cost is bounded, and no error stops the watch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Callable

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.connmon.observe import days_file
from ideolab_f2b.connmon.observe.day import KEPT, WatchedDay
from ideolab_f2b.connmon.observe.day_json import SummaryError
from ideolab_f2b.connmon.observe.honest import HonestClients
from ideolab_f2b.connmon.pressure.capacity import NGINX, SETTING
from ideolab_f2b.connmon.pressure.state import EXHAUSTED, UNKNOWN, find_worst
from ideolab_f2b.connmon.suspects.network import format_name
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

#: seconds between two writes of the file
SAVE_S = 60.0
#: seconds between two snapshots that count as watched, at most
LONGEST_GAP_S = 60.0
#: share of a core that the search for honest clients may take: a fiftieth of what the ticks may
SHARE = 0.0009
#: seconds between two such searches, at least: what is quiet long enough to count is so for a while
LOOK_S = 15.0
#: names of peaks: what one honest client has, in any state of the server
CONNECTIONS = "connections of an honest client"
HELLOS = "half hellos of an honest client"
NETWORK = "quiet connections of honest clients of one network"
#: the same while there is room, and while there is none: other limits hold then
QUIET = "quiet connections of an honest client"
QUIET_FULL = "quiet connections of an honest client of a full server"
#: all clients together
ADDRESSES = "addresses"
HONEST_CLIENTS = "honest clients"
ALL_HELLOS = "half hellos"
SLOTS = "slots"
CAPACITY = "capacity"


class DailySummary:
    """Takes each tick, and the suspects that are written; writes the file once a minute."""

    def __init__(
        self,
        path: Path,
        complaint: Complaint,
        *,
        is_observing: bool = False,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._path, self._complaint, self._is_observing = path, complaint, is_observing
        self._clock, self._cpu = clock, cpu
        self._days = self._read()
        #: epoch seconds of the last tick
        self._last = float("inf")
        # the first snapshot of a process cannot tell who gets answers
        self._saved, self._look_at = clock(), clock() + 1.0

    def note_suspects(self, suspects: Iterable[Suspect], new: set[str], when: float) -> None:
        """Note suspects whose lines were written; `new` are those that were none before."""
        self._find_day(when).note_suspects(suspects, new, when)

    def write(self, ticks: list[PortTick]) -> None:
        """Note the findings of one tick."""
        for tick in ticks[:1]:
            gap_s = min(max(0.0, tick.when - self._last), LONGEST_GAP_S)
            self._find_day(tick.when).note_time(gap_s, _find_state(ticks), is_observing=self._is_observing)
            self._last = tick.when
        for tick in ticks:
            self._note_numbers(tick)
        # the last findings come again while nothing changes
        if self._clock() >= self._look_at and any(tick.took_s for tick in ticks):
            self._look(ticks)
        if self._clock() - self._saved >= SAVE_S:
            self.close()

    def close(self) -> None:
        """Write the file."""
        self._saved = self._clock()
        try:
            days_file.write(self._path, self._days)
        except OSError as error:
            self._complaint.say(f"the summary of the day cannot be written: {error}", "summary")
        else:
            self._complaint.settle("summary")

    def _read(self) -> list[WatchedDay]:
        try:
            return days_file.read(self._path)
        except SummaryError as error:
            aside = days_file.set_aside(self._path)
            self._complaint.say(f"{self._path} is damaged ({error}): it is begun anew, and kept as {aside}")
        except OSError as error:
            self._complaint.say(f"{self._path} cannot be read: {error}; it is begun anew")
        return []

    def _find_day(self, when: float) -> WatchedDay:
        today = datetime.fromtimestamp(when).date()
        date = today.isoformat()
        for day in reversed(self._days):
            if day.date == date:
                return day
        yesterday = (today - timedelta(days=1)).isoformat()
        for day in self._days:
            day.shrink(KEPT if day.date == yesterday else 0)
        self._days = [*self._days[1 - days_file.DAYS :], WatchedDay(date)]
        return self._days[-1]

    def _note_numbers(self, tick: PortTick) -> None:
        day, pressure = self._find_day(tick.when), tick.findings.pressure
        day.note_peak(ALL_HELLOS, tick.findings.phases.get("partial-hello", 0), tick.when)
        if pressure is not None:
            day.note_peak(SLOTS, pressure.slots, tick.when)
            if pressure.capacity_source in (SETTING, NGINX):
                day.note_peak(CAPACITY, pressure.capacity, tick.when)

    def _look(self, ticks: Sequence[PortTick]) -> None:
        """Note the honest clients; the more that costs, the later is the next time."""
        started = self._cpu()
        for tick in ticks:
            pressure = tick.findings.pressure
            is_full = pressure is None or pressure.state in (EXHAUSTED, UNKNOWN)
            self._note_honest(tick.findings.find_honest(), tick.when, QUIET_FULL if is_full else QUIET)
        self._look_at = self._clock() + max(LOOK_S, (self._cpu() - started) / SHARE)

    def _note_honest(self, found: HonestClients, when: float, quiet: str) -> None:
        day = self._find_day(when)
        day.note_peak(ADDRESSES, found.addresses, when)
        day.note_peak(HONEST_CLIENTS, found.large, when)
        largest = {
            CONNECTIONS: found.connections,
            quiet: found.quiet,
            HELLOS: found.hellos,
            NETWORK: found.network,
        }
        for what, one in largest.items():
            if one.value:
                day.note_peak(what, one.value, when, format_name(one.name))


def _find_state(ticks: Sequence[PortTick]) -> str:
    """Return the worst state of all ports."""
    return find_worst(tick.findings.pressure.state for tick in ticks if tick.findings.pressure)
