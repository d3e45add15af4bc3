"""Counts the visitors of networks by the access logs, in a process of its own; prints one JSON object.

Not in fail2ban-server: to read a week of logs takes seconds, in which bans would wait for the interpreter.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ideolab_f2b import config
from ideolab_f2b.kernel.client_unit import find_span
from ideolab_f2b.visitors.read import read
from ideolab_f2b.visitors.visitors import Visitors

#: bytes of address space: a million clients take a third
MEMORY = 1 << 30
#: days that are read: a week, and where that is too much to read, a day
DAYS = (7, 1)
#: other processes go first
_NICE = 15
#: (IP version, first unit, last unit)
Span = tuple[int, int, int]


def count(seen: Visitors, spans: Iterable[Span], banned: Mapping[int, frozenset[int]]) -> list[int]:
    """Return how many visitors each span has, without those who are banned."""
    asked = list(spans)
    counts = [0] * len(asked)
    for key in seen.clients:
        unit = find_span(key)[0]
        for number, (version, first, last) in enumerate(asked):
            if version == key[0] and first <= unit <= last and unit not in banned[version]:
                counts[number] += 1
    return counts


def answer(question: Mapping[str, Any], logs: Sequence[str]) -> dict[str, Any]:
    """Return {"since", "written", "is_known", "is_partial", "visitors": one for each span, "troubles"}."""
    banned = {version: frozenset(question["banned"][str(version)]) for version in (4, 6)}
    spans: list[Span] = [(int(version), int(first), int(last)) for version, first, last in question["spans"]]
    for days in DAYS:
        seen = read(days, logs)
        if not seen.is_partial:
            break
    return {
        "since": seen.since,
        "written": _find_last_write(seen),
        "is_known": seen.is_known,
        "is_partial": seen.is_partial,
        "visitors": count(seen, spans, banned),
        "troubles": list(seen.troubles)[:3],
    }


def _find_last_write(seen: Visitors) -> float:
    """Return when any of the logs was written last, in epoch seconds."""
    written = [0.0]
    for path in seen.files:
        with contextlib.suppress(OSError):
            written.append(os.stat(path).st_mtime)
    return max(written)


def main() -> int:
    """Read the question from standard input, and print the answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(_NICE)
    # settings that are broken end it: whoever asks then knows of no visitors, and spares them
    print(json.dumps(answer(json.load(sys.stdin), config.load().visitors.logs)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
