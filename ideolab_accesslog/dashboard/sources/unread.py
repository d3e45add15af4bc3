"""The lines of a file of events that are not imported: whether there are some, and since when."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Optional

from ideolab_accesslog.dashboard.sources.source import is_to_come
from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.file.sources import count_behind
from ideolab_accesslog.models import EventOffset
from ideolab_f2b import files

#: seconds for which the import may wait: cron runs it once a minute
BEHIND_S = 150
#: bytes of an event that are read: it begins with its time
EVENT_START_BYTES = 80
_EVENT_TIME = re.compile(rb'\s*\{"ts":\s?"([0-9T:.+Z-]{19,40})"')


def has_unread(offset: EventOffset, found: os.stat_result) -> bool:
    """Return whether the file has more than was read, or is another one."""
    if not _is_same(offset, found):
        return found.st_size > 0 or _has_older(offset)
    return bool(found.st_size != offset.position)


def _has_older(offset: EventOffset) -> bool:
    """Return whether lines wait in the file that logrotate has taken away; the new one is empty."""
    path = Path(offset.path)
    stored = offsets.find(path)
    return bool(stored and count_behind(path, stored.at, stored.read_at))


def _is_same(offset: EventOffset, found: os.stat_result) -> bool:
    # the column has a sign
    differences = (offset.device - found.st_dev, offset.inode - found.st_ino)
    return not any(difference % 2**64 for difference in differences)


def is_behind(offset: EventOffset, found: os.stat_result, read_at: float, now: float) -> bool:
    """Return whether the first line that is not imported waits for too long.

    Where it does not say since when, the time of the last import has to do: that of an import that works off
    hours is now, and that of a quiet site long ago.
    """
    # of a file that the import has not come to yet, the first line
    since = _find_time(offset.path, offset.position if _is_same(offset, found) else 0, found)
    if since is None or is_to_come(now, since):
        since = read_at
    return now - since > BEHIND_S or is_to_come(now, since)


def _find_time(path: str, position: int, found: os.stat_result) -> Optional[float]:
    """Return the time of the event at this byte, in epoch seconds; None where the file does not say it.

    `found` is the file as its place was compared: another one that has come since says nothing.
    """
    try:
        with files.open_to_read(Path(path)) as file:
            if not os.path.samestat(os.fstat(file.fileno()), found):
                return None
            file.seek(position)
            start = _EVENT_TIME.match(file.read(EVENT_START_BYTES))
        # Python before 3.11 does not read the Z
        when = datetime.fromisoformat(start[1].decode().replace("Z", "+00:00")) if start else None
        return when.timestamp() if when and when.tzinfo else None
    except (OSError, ValueError, OverflowError):
        return None
