"""Where bans are handed in for the report: put() costs microseconds, a thread of its own does the rest.

One per process, for all jails. The thread starts with the first jail, after fail2ban has forked, and waits
for a quiet moment: in a burst of bans it would take its time from them.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ideolab_f2b import __version__, config, metrics, pace
from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.report import record as records
from ideolab_f2b.actions.report.burst import Lull
from ideolab_f2b.actions.report.record import Record, RecordError
from ideolab_f2b.actions.report.spool import SEGMENT, Spool
from ideolab_f2b.actions.report.worker import PIECE_S, Clerk
from ideolab_f2b.config import Settings
from ideolab_f2b.metrics import Sample

#: option of the action -> its default
OPTIONS: Mapping[str, Path] = {"config": config.DEFAULT_PATH, "state": config.SERVER_STATE}
#: seconds: between two looks; how long a stop may take
TICK_S, STOP_S = 0.5, 5.0
#: of those, for origins
STOP_LOOKUP_S = 1.0
#: records that wait for their origins; further ones are written without
QUEUE = 10_000
#: records on disk (500 MB), those in memory while the disk takes none; more are lost, and counted
HELD, MEMORY = 200_000, 10_000
#: seconds between two exports while something changes, and at the latest
EXPORT_S, EXPORT_LATEST_S = 10.0, 30.0
RETRY_S, SAY_AGAIN_S = 15.0, 600.0
#: the installer's throw-away server must leave no trace
TRIAL = "IDEOLAB_F2B_TRIAL"
#: records beyond which the thread works through a burst
_FEW = 50_000
_log = logging.getLogger("fail2ban.ideolab-report")


class Desk:
    """Of one settings file and one directory of state."""

    def __init__(self, settings: Path, state: Path) -> None:
        self._path, self._state = settings, state
        self._spool = Spool(state)
        self._memory: deque[Record] = deque()
        #: jails that have not been counted yet
        self._new: deque[str] = deque()
        self._session, self._names = os.urandom(6).hex(), itertools.count()
        self._users, self._stop = 0, threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._lock, self._turns = threading.Lock(), threading.Lock()
        self._clerk: Optional[Clerk] = None
        self._settings = Settings()
        self._said: dict[str, float] = {}
        self._lull, self._lost = Lull(), 0
        self._retry_at = self._exported = float("-inf")
        self._is_changed, self._success = True, 0.0

    def enter(self, jail: str) -> None:
        """One more jail reports here."""
        if os.environ.get(TRIAL):
            return
        with self._lock:
            self._users += 1
            self._new.append(jail)
            if self._users == 1:
                self._open()
                self._stop = threading.Event()
                self._thread = threading.Thread(
                    target=self._run, args=(self._stop,), name="ideolab-report", daemon=True
                )
                self._thread.start()

    def leave(self) -> None:
        """One less; with the last all is written, within STOP_S; the rest is for the next start."""
        with self._lock:
            if not self._users:
                return
            self._users -= 1
            if self._users:
                return
            thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None:
            thread.join(STOP_S)

    def put(self, kind: str, jail: str, info: Any, error: str = "") -> None:
        """Hand one in; never raises for a disk."""
        name = f"{self._session}-{next(self._names)}"
        line = records.of(kind, jail, info, name, time.time(), error).to_line()
        self._lull.puts += 1
        if self._spool.waiting >= HELD:
            self._lose()
            return
        try:
            if not self._spool.is_open:
                # a jail that ends after the worker did, or one that was faster: the next start has it
                self._spool.open()
            self._spool.append(line)
        except OSError as problem:
            if len(self._memory) >= MEMORY:
                self._lose()
            else:
                self._memory.append(records.from_line(line))
            self._complain(f"{self._state}: {problem}; bans are kept in memory until they are reported")

    @property
    def depth(self) -> int:
        return self._spool.waiting + len(self._memory)

    def stats(self) -> str:
        """One JSON object."""
        clerk = self._clerk
        told: dict[str, Any] = {"queue": self.depth, "lost": self._lost, "version": __version__}
        told["complaints"] = sorted(self._said)
        told["last_success"] = self._success
        if clerk is not None:
            events = clerk.ledger.counters.values["ideolab_f2b_events_total"]
            told["events"] = {labels[0]: int(count) for labels, count in events.items()}
        return json.dumps(told, sort_keys=True)

    def _lose(self) -> None:
        with self._lock:
            self._lost += 1
        self._complain("events are lost: nothing can be written, and there is no more room to wait")

    def _run(self, stop: threading.Event) -> None:
        # an earlier thread may still wait for a whois server
        with self._turns:
            is_last = False
            while not is_last:
                try:
                    self._turn(is_last)
                except BaseException as error:
                    self._failed(error)
                is_last = stop.wait(TICK_S)
            try:
                self._turn(is_last)
            except BaseException as error:
                self._failed(error)
            self._close()

    def _failed(self, error: BaseException) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        self._complain(str(error) if isinstance(error, OSError) else repr(error))

    def _turn(self, is_last: bool) -> None:
        clerk = self._clerk or self._begin()
        self._open()
        try:
            if is_last or self._is_due():
                self._drain(clerk, is_last)
        finally:
            self._export(clerk, is_last)
        self._complain(*clerk.complaints())

    def _open(self) -> None:
        try:
            self._spool.open()
        except OSError as error:
            self._complain(f"{error}; bans are kept in memory until they are reported")

    def _begin(self) -> Clerk:
        try:
            self._settings = config.load(self._path)
        except config.ConfigError as error:
            self._complain(str(error))
        clerk = Clerk(self._settings.paths, self._state, self._front(), self._rest)
        self._complain(clerk.load())
        self._clerk = clerk
        return clerk

    def _front(self) -> Optional[Any]:
        try:
            from ideolab_f2b.origin.lookup import Front

            cache = self._settings.paths.state_dir / "connmon_cache.sqlite3"
            return Front(self._settings.origin, cache, pause=self._pause)
        except Exception as error:
            self._complain(f"events have no origins: {error!r}")
            return None

    def _is_due(self) -> bool:
        is_lull = self._lull.is_due()
        return is_lull and self.depth > 0 and time.monotonic() >= self._retry_at

    def _drain(self, clerk: Clerk, is_last: bool) -> None:
        deadline = time.monotonic() + STOP_S if is_last else float("inf")
        lookup_s = STOP_LOOKUP_S if is_last else None
        # first: what is on disk can wait for a disk
        while self._memory:
            batch = [self._memory.popleft() for _each in range(min(SEGMENT, len(self._memory)))]
            try:
                clerk.work(batch, None, self.depth > QUEUE, lookup_s)
            except BaseException:
                self._memory.extendleft(reversed(batch))
                raise
            self._is_changed = True
        for number in self._spool.segments() if self._spool.is_open else ():
            if time.monotonic() > deadline - 2 * STOP_LOOKUP_S:
                return
            self._segment(clerk, number, lookup_s)
        self._lull.worked()

    def _segment(self, clerk: Clerk, number: int, lookup_s: Optional[float]) -> None:
        # counted, and the server was killed before it was dropped
        if number != clerk.ledger.done:
            found, cut = _parsed(self._spool.lines(number), self._pause)
            if found:
                clerk.work(found, number, self._spool.waiting > QUEUE, lookup_s)
            if cut:
                self._complain(f"{cut} records of a killed server were cut off and are lost")
                clerk.lost(cut)
        self._spool.drop(number)
        self._is_changed = True

    def _pause(self) -> None:
        """After a few milliseconds of work that nobody has timed."""
        self._rest(PIECE_S)

    def _rest(self, took_s: float) -> None:
        self._lull.rest(took_s, self._stop, lambda: self.depth < _FEW)

    def _export(self, clerk: Clerk, is_last: bool) -> None:
        now = time.monotonic()
        due = EXPORT_S if self._is_changed else EXPORT_LATEST_S
        if not is_last and now - self._exported < due:
            return
        self._exported, self._is_changed = now, False
        while self._new:
            clerk.ledger.counters.meet(self._new.popleft())
        with self._lock:
            lost, self._lost = self._lost, 0
        clerk.lost(lost)
        if now >= self._retry_at:
            self._success = time.time()
        found = clerk.samples()
        try:
            clerk.save()
        except OSError as error:
            self._complain(f"counters are not kept over a restart: {error}")
        try:
            # reconcile has the same metric as we: node_exporter refuses a file that has it twice
            metrics.write(self._settings.paths.report_prom, metric_sources.merge([*found, *self._own()]))
        except (OSError, metrics.MetricsUnavailableError) as error:
            self._complain(str(error))

    def _own(self) -> list[Sample]:
        return [
            metrics.gauge("ideolab_f2b_queue_depth", "Bans that are not reported yet.", self.depth),
            Sample(
                "ideolab_f2b_last_success_timestamp_seconds",
                "When the job last did its work.",
                "gauge",
                ("job",),
                {("report",): self._success},
            ),
            metrics.build_info("fail2ban"),
        ]

    def _close(self) -> None:
        self._spool.close()
        clerk, self._clerk = self._clerk, None
        if clerk is not None:
            clerk.close()

    def _complain(self, *texts: str) -> None:
        """Each once, and again when it lasts."""
        now = time.monotonic()
        for text in filter(None, texts):
            if now - self._said.get(text, float("-inf")) >= SAY_AGAIN_S:
                if len(self._said) >= 100:
                    self._said.clear()
                self._said[text] = now
                _log.error("%s", text)


def _parsed(lines: list[bytes], pause: pace.Pause) -> tuple[list[Record], int]:
    """The records, and how many lines were cut off."""
    found, cut = [], 0
    for piece in pace.pieces(lines, pause):
        for line in piece:
            try:
                found.append(records.from_line(line))
            except RecordError:
                cut += 1
    return found, cut


_desks: dict[tuple[Path, Path], Desk] = {}
_desks_lock = threading.Lock()


def of(settings: Path, state: Path) -> Desk:
    """The one of this process."""
    with _desks_lock:
        return _desks.setdefault((settings, state), Desk(settings, state))
