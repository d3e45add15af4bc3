"""The thread of the report: in a quiet moment it empties the queue, and from time to time it exports."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from ideolab_f2b import config, pace
from ideolab_f2b.actions.report import record
from ideolab_f2b.actions.report.burst import Burst
from ideolab_f2b.actions.report.export import Export
from ideolab_f2b.actions.report.queue import RecordQueue
from ideolab_f2b.actions.report.record import Record, RecordError
from ideolab_f2b.actions.report.worker import PIECE_S, Worker
from ideolab_f2b.actions.unwritable import explain
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.config import Settings

if TYPE_CHECKING:
    from ideolab_f2b.origin.lookup import Lookup

#: seconds between two turns
TICK_S = 0.5
#: seconds that a stop may take
STOP_S = 5.0
#: seconds of those for look-ups of origins
STOP_LOOKUP_S = 1.0
#: records that wait for their origins; when there are more, they are written without
MOST_LOOKED_UP = 10_000
#: records beyond which the thread works through a burst
MOST_IN_BURST = 50_000
#: seconds until it is tried again, after a turn that failed
RETRY_S = 15.0


class ReportThread:
    """Works in run(), again each time that a first jail starts; `settings` and `directory` are paths."""

    def __init__(
        self, settings: Path, directory: Path, queue: RecordQueue, complaint: Complaint, notice: Complaint
    ) -> None:
        self._path, self._directory = settings, directory
        self._queue, self._complaint, self._notice = queue, complaint, notice
        self._settings = Settings()
        self._turns, self._stop = threading.Lock(), threading.Event()
        self._retry_at = float("-inf")
        self.burst, self.export = Burst(), Export(complaint)
        #: jails that have no series yet
        self.new_jails: deque[str] = deque()
        self.worker: Optional[Worker] = None

    def run(self, stop: threading.Event) -> None:
        """Take turns until `stop` is set, then a last one."""
        # an earlier thread may still wait for a whois server
        with self._turns:
            self._stop = stop
            is_last = False
            while not is_last:
                self._try_turn(is_last=False)
                is_last = stop.wait(TICK_S)
            self._try_turn(is_last=True)
            self._close()

    def _try_turn(self, *, is_last: bool) -> None:
        try:
            self._take_turn(is_last)
        except BaseException as error:
            # a SystemExit would end the thread in silence
            self._retry_at = time.monotonic() + RETRY_S
            text = explain(error) if isinstance(error, OSError) else repr(error)
            self._complaint.say(text, f"turn {type(error).__name__}")

    def _take_turn(self, is_last: bool) -> None:
        worker = self.worker or self._begin()
        self._queue.open()
        try:
            if is_last or self._is_due():
                self._empty_queue(worker, is_last)
        finally:
            if is_last or self.export.is_due():
                self._export(worker)
        for text in worker.complaints():
            self._complaint.say(text)
        unanswered = worker.describe_failures()
        if unanswered:
            self._notice.say(unanswered, "origins")

    def _begin(self) -> Worker:
        try:
            self._settings = config.load(self._path)
        except config.ConfigError as error:
            self._complaint.say(str(error), "settings")
        worker = Worker(self._settings.paths, self._directory, self._open_lookup(), self._rest)
        complaint = worker.load()
        if complaint:
            self._complaint.say(complaint, "state")
        self.worker = worker
        return worker

    def _open_lookup(self) -> Optional[Lookup]:
        try:
            from ideolab_f2b.origin.lookup import Lookup

            return Lookup(self._settings.origin, self._settings.paths.origin_cache, pause=self._pause)
        except Exception as error:
            self._complaint.say(f"events have no origins: {error!r}", "origins")
            return None

    def _is_due(self) -> bool:
        is_quiet = self.burst.is_due()
        return is_quiet and self._queue.depth > 0 and time.monotonic() >= self._retry_at

    def _empty_queue(self, worker: Worker, is_last: bool) -> None:
        deadline = time.monotonic() + STOP_S if is_last else float("inf")
        lookup_s = STOP_LOOKUP_S if is_last else None
        # first: what is on disk can wait for a disk
        while batch := self._queue.take_from_memory():
            self._work_on_memory(worker, batch, lookup_s)
        for number in self._queue.segments():
            if time.monotonic() > deadline - 2 * STOP_LOOKUP_S:
                return
            self._work_on_segment(worker, number, lookup_s)
        self.burst.end()

    def _work_on_memory(self, worker: Worker, batch: list[Record], lookup_s: Optional[float]) -> None:
        try:
            worker.work(batch, None, self._queue.depth > MOST_LOOKED_UP, lookup_s)
        except BaseException:
            self._queue.put_back(batch)
            raise
        self.export.is_changed = True

    def _work_on_segment(self, worker: Worker, number: int, lookup_s: Optional[float]) -> None:
        spool = self._queue.spool
        # counted, and the server was killed before it was dropped
        if number != worker.state.done:
            records, cut = _parse(spool.read(number), self._pause)
            if records:
                worker.work(records, number, spool.waiting > MOST_LOOKED_UP, lookup_s)
            if cut:
                self._complaint.say(f"{cut} records of a killed server were cut off and are lost")
                worker.count_lost(cut)
        spool.drop(number)
        self.export.is_changed = True

    def _pause(self) -> None:
        """Rest after a few milliseconds of work that nobody has timed."""
        self._rest(PIECE_S)

    def _rest(self, took_s: float) -> None:
        self.burst.rest(took_s, self._stop, lambda: self._queue.depth < MOST_IN_BURST)

    def _export(self, worker: Worker) -> None:
        while self.new_jails:
            worker.state.counters.add_jail(self.new_jails.popleft())
        worker.count_lost(self._queue.take_lost())
        if time.monotonic() >= self._retry_at:
            self.export.success = time.time()
        self.export.write(worker, self._settings.paths.report_prom, self._queue.depth)

    def _close(self) -> None:
        self._queue.spool.close()
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.close()


def _parse(lines: list[bytes], pause: pace.Pause) -> tuple[list[Record], int]:
    """Return the records, and how many lines were cut off."""
    records, cut = [], 0
    for piece in pace.pieces(lines, pause):
        for line in piece:
            try:
                records.append(record.from_line(line))
            except RecordError:
                cut += 1
    return records, cut
