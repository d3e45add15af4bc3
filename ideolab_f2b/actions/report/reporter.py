"""Where the jails hand bans in for the report: put() costs microseconds, a thread of its own does the rest.

There is one reporter per process, for all jails. The thread starts with the first jail, after fail2ban has
forked, and waits for a quiet moment: in a burst of bans it would take its time from them.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from ideolab_f2b import __version__, config
from ideolab_f2b.actions.report.queue import RecordQueue
from ideolab_f2b.actions.report.thread import STOP_S, ReportThread
from ideolab_f2b.complaint import Complaint

#: option of the action -> its default
OPTIONS: Mapping[str, Path] = {"config": config.DEFAULT_PATH, "state": config.SERVER_STATE}
#: seconds until a complaint that lasts is said again
SAY_AGAIN_S = 600.0
#: complaints that are remembered: their texts may hold an error message of somebody else
MOST_COMPLAINTS = 100
#: the variable with which the installer starts its throw-away server, which must leave no trace
TRIAL = "IDEOLAB_F2B_TRIAL"
_log = logging.getLogger("fail2ban.ideolab-report")


class Reporter:
    """The reporter of one settings file and one directory of state."""

    def __init__(self, settings: Path, directory: Path) -> None:
        self._complaint = Complaint(_say, SAY_AGAIN_S, limit=MOST_COMPLAINTS)
        self._queue = RecordQueue(directory, self._complaint)
        notice = Complaint(_tell, float("inf"))
        self._work = ReportThread(settings, directory, self._queue, self._complaint, notice)
        self._lock = threading.Lock()
        #: jails that report here
        self._jails = 0
        self._thread: Optional[threading.Thread] = None
        self._stop = threading.Event()

    def enter(self, jail: str) -> None:
        """Add a jail; the first one starts the thread."""
        if os.environ.get(TRIAL):
            return
        with self._lock:
            self._jails += 1
            self._work.new_jails.append(jail)
            if self._jails == 1:
                self._start()

    def _start(self) -> None:
        self._queue.open()
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._work.run, args=(self._stop,), name="ideolab-report", daemon=True
        )
        self._thread.start()

    def leave(self) -> None:
        """Remove a jail; with the last one all is written, within STOP_S; the rest is for the next start."""
        with self._lock:
            if not self._jails:
                return
            self._jails -= 1
            if self._jails:
                return
            thread, self._thread = self._thread, None
            # a jail that comes from now on has a thread of its own, and an event
            stop = self._stop
        stop.set()
        if thread is not None:
            thread.join(STOP_S)

    def put(self, kind: str, jail: str, info: Any, error: str = "") -> None:
        """Hand in what fail2ban gave to an action; never raises for a disk."""
        self._work.burst.puts += 1
        self._queue.put(kind, jail, info, error)

    @property
    def depth(self) -> int:
        """Bans that are not reported yet."""
        return self._queue.depth

    def stats(self) -> str:
        """Return one JSON object: what waits, what was lost, what is wrong, what was written."""
        worker = self._work.worker
        stats: dict[str, Any] = {
            "queue": self.depth,
            "lost": self._queue.lost,
            "version": __version__,
            "complaints": sorted(self._complaint.texts()),
            "last_success": self._work.export.success,
        }
        if worker is not None:
            events = worker.state.counters.values["ideolab_f2b_events_total"]
            stats["events"] = {labels[0]: int(count) for labels, count in events.items()}
        return json.dumps(stats, sort_keys=True)


def _say(text: str) -> None:
    _log.error("%s", text)


def _tell(text: str) -> None:
    """Log what is no fault, such as a host without a way to a whois server: once for each server's start."""
    _log.info("%s", text)


_reporters: dict[tuple[Path, Path], Reporter] = {}
_reporters_lock = threading.Lock()


def get(settings: Path, directory: Path) -> Reporter:
    """Return the one reporter of this process for these paths."""
    with _reporters_lock:
        return _reporters.setdefault((settings, directory), Reporter(settings, directory))
