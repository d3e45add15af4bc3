"""Reads snapshots from text of `ss -tnoi`: one or a series, of old and new iproute2. Never runs ss."""

from __future__ import annotations

import gzip
import math
import sys
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader

from ideolab_f2b.connmon import ss_row
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, Connection

_MARK = "###"
_ROW = "row"
_HEADERS = ("State ", "Netid ", "Recv-Q ")


class SsTextError(ValueError):
    """The text cannot be read; the message names file, line and the way out."""


def read_lines(path: str) -> Iterator[str]:
    """Yield the lines of a file, plain or gzip, or of standard input (`-`).

    An incomplete gzip file ends in one garbled line.
    """
    with _source(path) as raw:
        is_gzip = raw.peek(2)[:2] == b"\x1f\x8b"
        source: Iterable[bytes] = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        try:
            for line in source:
                yield line.decode("utf-8", "replace")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield f"cut: {error}\n"


def _source(path: str) -> BufferedReader:
    return open(sys.stdin.fileno() if path == "-" else path, "rb", closefd=path != "-")


def read_snapshots(
    lines: Iterable[str], ports: Collection[int], name: str, when: float
) -> Iterator[Snapshot]:
    """Yield one Snapshot per port and per `### t=EPOCH` line.

    `when` (epoch seconds) is the time of what comes before the first such line, `name` the text's name in
    errors. SsTextError when nothing in the text is a connection, or none has the details of `ss -i`.
    """
    series = _Series(name)
    for number, kind, text in _records(lines):
        if kind == _MARK:
            yield from series.close(ports, when)
            at = _time(text)
            series.open(at is not None)
            when = when if at is None else at
        elif text:
            series.add(number, text, ports)
    yield from series.close(ports, when, is_last=True)


def _records(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield (line number, kind, text) with the indented continuation of a row joined to it."""
    start, row = 0, ""
    for number, line in enumerate(lines, 1):
        if row and line[:1] in (" ", "\t"):
            row += line
            continue
        yield start, _ROW, row
        start, row = number, line.strip()
        if row.startswith(_MARK):
            yield number, _MARK, row
            row = ""
    yield start, _ROW, row


def _time(mark: str) -> float | None:
    _before, _equals, number = mark.partition("t=")
    try:
        when = float(number.split()[0])
    except (ValueError, IndexError):
        return None
    return when if math.isfinite(when) else None


@dataclass
class _Series:
    """The snapshot being read, and what was wrong with the text so far."""

    name: str
    rows: dict[int, list[Connection]] = field(default_factory=dict)
    skipped: int = 0
    is_open: bool = True
    is_marked: bool = False
    seen: bool = False
    detailed: bool = False
    first_bad: str = ""
    first_bare: int = 0

    def open(self, is_timed: bool) -> None:
        """Begin the next snapshot; what was skipped without a time is counted there."""
        self.skipped = (0 if self.is_open else self.skipped) + (not is_timed)
        self.rows, self.is_open, self.is_marked = {}, is_timed, True

    def add(self, number: int, text: str, ports: Collection[int]) -> None:
        """Add a row; one whose snapshot has no time, or that cannot be read, is counted and left out."""
        if text.startswith(_HEADERS):
            return
        try:
            port, connection, is_bare = ss_row.parse(text, ports)
        except ValueError as error:
            self.skipped += 1
            self.first_bad = self.first_bad or f"{self.name}:{number}: {error}"
            return
        self.seen = True
        if is_bare:
            self.skipped += 1
            self.first_bare = self.first_bare or number
        elif connection is not None and self.is_open:
            self.detailed = self.detailed or connection.state == ESTABLISHED
            self.rows.setdefault(port, []).append(connection)
        elif connection is not None:
            self.skipped += 1

    def close(self, ports: Collection[int], when: float, is_last: bool = False) -> Iterator[Snapshot]:
        """Yield a snapshot per port; after the last one, SsTextError when the text is no text of ss."""
        if is_last:
            self._complain()
        if self.is_open and (self.is_marked or is_last or self.rows or self.skipped):
            for index, port in enumerate(ports):
                yield Snapshot(when, port, self.rows.get(port, ()), 0 if index else self.skipped)

    def _complain(self) -> None:
        if self.first_bare and not self.detailed:
            raise SsTextError(
                f"{self.name}:{self.first_bare}: the connections have no details; add -i (ss -tnoiH)"
            )
        if self.first_bad and not self.seen:
            raise SsTextError(f"{self.first_bad}; the text of ss -tnoiH is needed")
