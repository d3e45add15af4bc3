"""The log of events: lines are added to it, and after a kill or an error none may stand there twice."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ideolab_f2b import files, logline
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.event import Event

#: bytes at the end of a log that are searched; logrotate takes it at 50 MB
SEARCHED_BYTES = 64 << 20
#: bytes that are read at a time
_BLOCK_BYTES = 1 << 20
#: the last field of an event; within a text of others the quotes would be escaped
_ID = re.compile(rb'"id":"([0-9A-Za-z-]{1,64})"\}\n')
#: bytes of the longest id with what is around it
_OVERLAP_BYTES = 100


class EventLog:
    """The log that one thread writes; `is_certain` says whether the last batch was written whole.

    Whoever writes a batch sets it to False before and to True after: a batch that comes again because the
    first try failed, or the server was killed, may have left some of its events.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_certain = False

    def select_missing(self, records: Sequence[Record]) -> list[Record]:
        """The records whose event is not in the log."""
        if self.is_certain or not records:
            return list(records)
        known = find(self._path, {record.id for record in records})
        return [record for record in records if record.id not in known]

    def append(self, events: Sequence[Event]) -> None:
        """Add the events by one write; OSError when a part of them may be missing."""
        logline.append_all(self._path, [event.to_json() for event in events])


def find(path: Path, ids: Collection[str]) -> set[str]:
    """Those of the ids that are in the log, or in the one that was just rotated away."""
    found: set[str] = set()
    for each in (path, path.with_name(path.name + ".1")):
        found |= _find_in_file(each, set(ids) - found)
        if len(found) == len(set(ids)):
            break
    return found


def _find_in_file(path: Path, ids: Collection[str]) -> set[str]:
    if not ids:
        return set()
    try:
        file = files.open_to_read(path)
    except OSError:
        return set()
    with file:
        return set(_read_ids(file)) & set(ids)


def _read_ids(file: BinaryIO) -> Iterator[str]:
    end = os.fstat(file.fileno()).st_size
    for start in range(max(0, end - SEARCHED_BYTES), end, _BLOCK_BYTES):
        block = os.pread(file.fileno(), _BLOCK_BYTES + _OVERLAP_BYTES, start)
        yield from (hit.decode() for hit in _ID.findall(block))
