"""Reads back what a .prom file of ours says: no counter may start below that."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

#: a file of ours has some ten thousand bytes
_LIMIT = 1 << 20
_LINE = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? ([0-9.e+]+|\+Inf)$')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")

#: {name: {((label, value), ...) in alphabetical order: number}}
Values = dict[str, dict[tuple[tuple[str, str], ...], float]]


def read(path: Path) -> Values:
    """{} when there is no such file or it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return {}
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return {}
        return parse(file.read(_LIMIT).decode("utf-8", "replace"))


def parse(text: str) -> Values:
    """What is no line of a metric is passed over."""
    found: Values = {}
    for line in text.splitlines():
        hit = _LINE.match(line)
        if hit and not line.startswith("#"):
            pairs = ((name, _ESCAPED.sub(_unescaped, value)) for name, value in _LABEL.findall(hit[2] or ""))
            found.setdefault(hit[1], {})[tuple(sorted(pairs))] = float(hit[3])
    return found


def _unescaped(hit: re.Match[str]) -> str:
    return "\n" if hit[1] == "n" else hit[1]
