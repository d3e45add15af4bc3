"""Which events are in the log already: after a kill nobody remembers, and none may stand there twice."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection
from pathlib import Path
from typing import Optional

#: bytes at the end that are searched: a log rotates at 50 MB
LIMIT = 64 << 20
_BLOCK = 1 << 20
#: the last field of an event; within a text of others the quotes would be escaped
_ID = re.compile(rb'"id":"([0-9A-Za-z-]{1,64})"\}\n')
#: the longest id with what is around it
_OVERLAP = 100


def among(path: Path, names: Collection[str]) -> set[str]:
    """Those of the ids that are in the log, or in the one that was just rotated away."""
    found: set[str] = set()
    for each in (path, path.with_name(path.name + ".1")):
        found |= _found(each, set(names) - found)
        if len(found) == len(set(names)):
            break
    return found


def _found(path: Path, names: Collection[str]) -> set[str]:
    descriptor = _opened(path) if names else None
    if descriptor is None:
        return set()
    found: set[str] = set()
    try:
        end = os.fstat(descriptor).st_size
        for start in range(max(0, end - LIMIT), end, _BLOCK):
            block = os.pread(descriptor, _BLOCK + _OVERLAP, start)
            found.update(hit.decode() for hit in _ID.findall(block))
        return found & set(names)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> Optional[int]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return descriptor
