"""The file of lines that are no events: bounded, and no line stands there twice after a kill."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ideolab_accesslog.events.file.lines import FileLine
from ideolab_f2b import files

#: its group may read it, and nobody else
MODE = 0o640
#: bytes after which the file becomes NAME.1, in the place of the one before
FILE_MAX = 10 * 1024 * 1024
#: bytes that are written at a time; a batch of bad lines has a hundred megabytes
PART_BYTES = 1024 * 1024
#: bytes of a line that are kept
KEPT_BYTES = 8192
#: bytes at the end of the file that are searched for its last record
_END_BYTES = 64 * 1024


class RejectedLine(NamedTuple):
    """A line that is no event, and why."""

    line: FileLine
    why: str


class RejectFile:
    """Adds records, each one JSON object: when, digest of the file's first line, position, why, the line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, head: str, rejected: Sequence[RejectedLine]) -> None:
        """Add the lines of one file that are not there yet; OSError when they cannot be written."""
        if not rejected:
            return
        self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        last = self._read_last()
        known = last["position"] if last.get("head") == head else -1
        new = [one for one in rejected if one.line.position > known]
        for part in _join(_format(head, new, datetime.now(timezone.utc))):
            self._rotate()
            self._write(part)

    def _write(self, data: bytes) -> None:
        fd = files.open_to_append(self.path, MODE)
        try:
            # a full disk has left half a record: the next one is a line of its own
            data = data if files.ends_a_line(fd) else b"\n" + data
            while data:
                data = data[os.write(fd, data) :]
        finally:
            os.close(fd)

    def _rotate(self) -> None:
        if self.path.exists() and self.path.stat().st_size >= FILE_MAX:
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            with contextlib.suppress(FileExistsError):
                os.close(files.create(self.path, MODE))

    def _read_last(self) -> dict[str, Any]:
        """Return the last record; {} without one."""
        try:
            with files.open_to_read(self.path) as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(max(0, size - _END_BYTES))
                found = json.loads(file.read().splitlines()[-1])
        except (FileNotFoundError, IndexError, ValueError, RecursionError):
            return {}
        is_record = isinstance(found, dict) and isinstance(found.get("position"), int)
        return found if is_record else {}


def _join(records: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the records in parts that are small beside a whole file."""
    part, size = list[bytes](), 0
    for record in records:
        part.append(record)
        size += len(record)
        if size >= PART_BYTES:
            yield b"".join(part)
            part, size = [], 0
    if part:
        yield b"".join(part)


def _format(head: str, rejected: Iterable[RejectedLine], now: datetime) -> Iterable[bytes]:
    for one in rejected:
        record = {
            "at": now.isoformat(timespec="seconds"),
            "head": head,
            "position": one.line.position,
            "why": one.why,
            # every byte can be got back: latin-1, and JSON of ASCII
            "line": one.line.data[:KEPT_BYTES].rstrip(b"\n").decode("latin-1"),
        }
        yield f"{json.dumps(record)}\n".encode("ascii")
