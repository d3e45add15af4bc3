"""Reads a .prom file of the textfile collector, whoever has written it; believes nothing in it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ideolab_f2b import files

#: bytes that are read; one of our files has some ten thousand
READ_BYTES = 1 << 20
#: lines that are read
LINES_MAX = 20_000
#: characters of a line
LINE_MAX = 2000
#: numbers that are believed, on both sides of 0; sums of them are numbers too
NUMBER_MAX = 2.0**63
#: only names of the pack are kept
_NAME = re.compile(r"ideolab_[a-zA-Z0-9_]{1,100}")
_LABEL = re.compile(r'(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

#: {((label, value), ...): number}
Series = Mapping[tuple[tuple[str, str], ...], float]


@dataclass(frozen=True)
class PromFile:
    """What one file says. `fault` is why it says nothing: `absent`, `refused`, or "" where it was read."""

    path: Path
    fault: str = ""
    modified: float = 0.0
    values: Mapping[str, Series] = field(default_factory=dict)

    def sum(self, name: str, **labels: str) -> Optional[float]:
        """Return the sum of a metric's series that have these labels; None where there is none."""
        wanted = set(labels.items())
        found = [number for key, number in self.values.get(name, {}).items() if wanted <= set(key)]
        return math.fsum(found) if found else None

    def max(self, name: str) -> Optional[float]:
        """Return the greatest number of a metric; None where there is none."""
        return max(self.values.get(name, {}).values(), default=None)


def read(path: Path) -> PromFile:
    """Return what a file says; a link, a pipe, or a file of another kind is refused."""
    try:
        with files.open_to_read(path) as file:
            modified = os.fstat(file.fileno()).st_mtime
            text = file.read(READ_BYTES + 1)
    except FileNotFoundError:
        return PromFile(path, "absent")
    except (OSError, ValueError):
        return PromFile(path, "refused")
    if len(text) > READ_BYTES:
        return PromFile(path, "refused", modified)
    return PromFile(path, "", modified, parse(text.decode("utf-8", "replace")))


def parse(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Return the values of an exposition text; a line that is no number of the pack is passed over."""
    values: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for line in text.split("\n", LINES_MAX)[:LINES_MAX]:
        name = _NAME.match(line) if len(line) <= LINE_MAX else None
        number = _read_number(line) if name else None
        if name and number is not None:
            values.setdefault(name[0], {})[_read_labels(line[name.end() :])] = number
    return values


def _read_number(line: str) -> Optional[float]:
    """Return the number at the end; None for NaN, infinity and what nothing here can count to."""
    try:
        number = float(line.rstrip().rpartition(" ")[2])
    except ValueError:
        return None
    return number if abs(number) <= NUMBER_MAX else None


def _read_labels(rest: str) -> tuple[tuple[str, str], ...]:
    if not rest.startswith("{"):
        return ()
    return tuple(sorted(_LABEL.findall(rest[1:].rpartition("}")[0])))
