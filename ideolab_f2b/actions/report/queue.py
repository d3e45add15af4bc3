"""The queue between a ban and its event: on disk, and in memory while the disk takes nothing."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from ideolab_f2b.actions.report import record
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.actions.report.spool import SEGMENT, RecordSpool
from ideolab_f2b.actions.unwritable import explain
from ideolab_f2b.complaint import Complaint

#: records on disk (500 MB); more are lost, and counted
MOST_ON_DISK = 200_000
#: records in memory while the disk takes none; more are lost, and counted
MOST_IN_MEMORY = 10_000


class RecordQueue:
    """Any thread may put a record in; one takes them out."""

    def __init__(self, directory: Path, complaint: Complaint) -> None:
        self.spool = RecordSpool(directory)
        self._complaint = complaint
        self._memory: deque[Record] = deque()
        # an event written twice has the same name, and no other process has it
        self._session = os.urandom(6).hex()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        #: records that are not counted as lost yet
        self.lost = 0

    @property
    def depth(self) -> int:
        """Records that wait."""
        return self.spool.waiting + len(self._memory)

    def open(self) -> None:
        """Take the directory of the spool for this process, or say why that cannot be."""
        try:
            self.spool.open()
        except OSError as error:
            self._say_kept_in_memory(str(error))

    def put(self, kind: str, jail: str, info: Any, error: str = "") -> None:
        """Put in what fail2ban handed to an action; never raises for a disk."""
        name = f"{self._session}-{next(self._numbers)}"
        line = record.from_action_info(kind, jail, info, name, time.time(), error).to_line()
        if self.spool.waiting >= MOST_ON_DISK:
            self._lose()
            return
        try:
            if not self.spool.is_open:
                # a jail that ends after the worker did, or one that was faster: the next start has it
                self.spool.open()
            self.spool.append(line)
        except OSError as problem:
            self._put_in_memory(line)
            self._say_kept_in_memory(f"{self.spool.directory}: {explain(problem)}")

    def _say_kept_in_memory(self, why: str) -> None:
        # the name of a segment is in it, which is another one for each ban
        self._complaint.say(f"{why}; bans are kept in memory until they are reported", "spool")

    def _put_in_memory(self, line: bytes) -> None:
        if len(self._memory) >= MOST_IN_MEMORY:
            self._lose()
        else:
            self._memory.append(record.from_line(line))

    def _lose(self) -> None:
        with self._lock:
            self.lost += 1
        self._complaint.say("events are lost: nothing can be written, and there is no more room to wait")

    def take_lost(self) -> int:
        """Return how many were lost since the last time."""
        with self._lock:
            lost, self.lost = self.lost, 0
        return lost

    def take_from_memory(self) -> list[Record]:
        """Return the oldest records in memory, at most as many as a segment has."""
        return [self._memory.popleft() for _each in range(min(SEGMENT, len(self._memory)))]

    def put_back(self, records: list[Record]) -> None:
        """Put back what take_from_memory() returned and could not be done."""
        self._memory.extendleft(reversed(records))

    def segments(self) -> list[int]:
        """Return the segments on disk that can be read now, the oldest first."""
        return self.spool.segments() if self.spool.is_open else []
