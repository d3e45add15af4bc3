"""The file that keeps the last days: one small JSON in state_dir, replaced at once."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.connmon.observe.day import WatchedDay
from ideolab_f2b.connmon.observe.day_json import SummaryError, from_json, to_json

VERSION = 1
#: days that are kept
DAYS = 7
#: bytes of a file that is read
LARGEST = 1 << 20
_MODE = 0o640


def read(path: Path) -> list[WatchedDay]:
    """Return the days, the oldest first; none without the file. OSError; SummaryError when it is damaged."""
    try:
        with files.open_to_read(path) as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return []
    return _parse(content)


def _parse(content: bytes) -> list[WatchedDay]:
    if len(content) > LARGEST:
        raise SummaryError(f"more than {LARGEST} bytes")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SummaryError(f"not JSON: {error}") from error
    days = found.get("days") if isinstance(found, dict) and found.get("version") == VERSION else None
    if not isinstance(days, list):
        raise SummaryError(f"not a summary of version {VERSION}")
    days = [from_json(one) for one in days[-DAYS:]]
    return sorted(days, key=lambda day: day.date)


def write(path: Path, days: Sequence[WatchedDay]) -> None:
    """Replace the file; OSError."""
    text = json.dumps({"version": VERSION, "days": [to_json(day) for day in days]}, separators=(",", ":"))
    # `connmon --once` of root must not leave a file that the daemon cannot read
    owner = path.parent.stat() if os.geteuid() == 0 else None
    uid, gid = (owner.st_uid, owner.st_gid) if owner else (-1, -1)
    files.replace(path, f"{text}\n".encode(), _MODE, uid=uid, gid=gid)


def set_aside(path: Path) -> Path:
    """Rename a damaged file, and return its new name."""
    aside = path.with_name(f"{path.name}.corrupt")
    with contextlib.suppress(OSError):
        path.replace(aside)
    return aside
