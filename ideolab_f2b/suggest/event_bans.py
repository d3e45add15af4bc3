"""The bans of the last days by the log of events, those that have ended too."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ideolab_f2b import event
from ideolab_f2b.bans.jail_bans import key_of_text
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.suggest.event_files import BYTES, EventFiles

#: bans that are read, the newest first
ROWS = 300_000
_WORDS = (b'"type":"ban"', b'"type":"restored"')
_TYPES = ("ban", "restored")


class EventBans(NamedTuple):
    """Whom a log says to have been banned, how many events that are, and what was not read."""

    keys: set[Key]
    events: int
    files: list[Path]
    unread: list[str]


def read(path: Path, since: float, most_rows: int = ROWS, most_bytes: int = BYTES) -> EventBans:
    """Return the bans since then (epoch seconds); a line that is no event is passed over."""
    log, keys, count = EventFiles(path, since, most_bytes), set[Key](), 0
    begin = datetime.fromtimestamp(since, timezone.utc)
    for line in log.lines():
        if not any(word in line for word in _WORDS):
            continue
        if count >= most_rows:
            log.unread.append(f"more than {most_rows} bans are in the log: the others were not read")
            break
        key = _read(line, begin)
        if key is not None:
            keys.add(key)
            count += 1
    if not log.read and not log.unread:
        log.unread.append(f"{path}: there is none of these days")
    return EventBans(keys, count, log.read, log.unread)


def _read(line: bytes, begin: datetime) -> Optional[Key]:
    try:
        one = event.from_json(line.decode("utf-8", "replace"))
    except (event.EventError, RecursionError):
        return None
    # JSON gives a field any type
    fields: tuple[Any, Any] = one.ts, one.ip or one.subnet
    when, word = fields
    if one.type not in _TYPES or not isinstance(when, datetime) or not isinstance(word, str):
        return None
    return key_of_text(word) if when >= begin else None
