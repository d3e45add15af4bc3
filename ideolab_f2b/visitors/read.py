"""Reads the visitors of the last days from the access logs, bounded in bytes, time and clients."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.logline import quote
from ideolab_f2b.visitors import log_files, log_line
from ideolab_f2b.visitors.visitors import Visitors

#: nginx's own logs and those that logrotate has made of them; an administrator may name others in f2b.conf
LOGS = ("/var/log/nginx/*access*.log", "/var/log/nginx/*access*.log.*", "/var/log/nginx/*access*.log-*")
#: logs that are read: 250 sites with those of a week
FILES = 2000
#: bytes that are read of all logs together, after unpacking
BYTES = 1 << 30
#: seconds that reading may take
SECONDS = 20.0
#: addresses that are counted; a flood has any number of them
CLIENTS = 1_000_000
#: endings of what is packed in a way that the standard library of an old Python does not unpack
_OTHER = (".xz", ".zst", ".bz2", ".lz4")
_DAY_S = 86400.0


def read(
    days: float = 7,
    patterns: Sequence[str] = LOGS,
    now: Optional[float] = None,
    most_bytes: int = BYTES,
    most_s: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Visitors:
    """Return who asked for anything in the last days, as far as the limits let it be read."""
    since = (time.time() if now is None else now) - days * _DAY_S
    count = _Count(since, most_bytes, clock() + most_s, clock)
    found = log_files.find(patterns, since)
    for one in found[:FILES]:
        count.add_file(one)
    if len(found) > FILES:
        count.leave_out(f"there are {len(found)} logs, and the newest {FILES} were read")
    if not found:
        count.troubles.append(f"no access log of these days: {' '.join(patterns)}")
    return count.result()


class _Count:
    def __init__(self, since: float, left: int, end: float, clock: Callable[[], float]) -> None:
        self._since, self._left, self._end, self._clock = since, left, end, clock
        self._counts: dict[bytes, int] = {}
        self._first: Optional[float] = None
        self._read: list[str] = []
        self._is_partial = False
        self.troubles: list[str] = []

    def add_file(self, one: log_files.VisitorLog) -> None:
        """Count the lines of one file; what cannot be read of it is a trouble."""
        name = _name(one.path)
        if one.path.suffix in _OTHER:
            self.leave_out(f"{name} is packed with another program than gzip")
            return
        if self._left <= 0 or self._clock() >= self._end:
            self.leave_out(f"{name} is more than can be read at once")
            return
        try:
            is_cut = one.path.stat().st_size > self._left
            self._add_lines(log_files.read_pieces(one.path, self._left))
            if is_cut:
                self.leave_out(f"{name} is more than can be read at once")
        except (OSError, EOFError, zlib.error) as error:
            self.leave_out(f"{name} cannot be read: {error}")
            return
        self._read.append(str(one.path))

    def leave_out(self, why: str) -> None:
        """Say what was not read."""
        self._is_partial = True
        self.troubles.append(why)

    def _add_lines(self, pieces: Iterable[bytes]) -> None:
        for lines in _split_lines(self._bound(pieces)):
            for line in lines:
                self._add(line)

    def _bound(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._left -= len(piece)
            if piece:
                yield piece
            if self._clock() >= self._end or self._left <= 0:
                self._is_partial = True
                return

    def _add(self, line: bytes) -> None:
        found = log_line.split(line)
        if found is None:
            return
        address, hour = found
        if hour < self._since:
            return
        if address not in self._counts and len(self._counts) >= CLIENTS:
            self._is_partial = True
            return
        self._counts[address] = self._counts.get(address, 0) + 1
        self._first = hour if self._first is None else min(self._first, hour)

    def result(self) -> Visitors:
        """Return what was counted, each client once."""
        clients: dict[Key, int] = {}
        for address, number in self._counts.items():
            key = log_line.client(address)
            if key is not None:
                clients[key] = clients.get(key, 0) + number
        return Visitors(clients, tuple(self._read), self._first, self._is_partial, tuple(self.troubles))


def _name(path: Path) -> str:
    # www-data may make files there, and what they are called comes to a terminal
    return text if (text := str(path)).isprintable() else quote(text)


def _split_lines(pieces: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the whole lines of each piece; a line without an end is cut where it is too long to be one."""
    rest = b""
    for piece in pieces:
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()[:65536]
        yield lines
    if rest:
        yield [rest]
