"""How long the first event waits that is not imported: an import that works may be hours behind."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Optional

from ideolab_f2b import files

#: bytes of a line that are read: an event begins with its time
_START_BYTES = 80
_TIME = re.compile(rb'\s*\{"ts":\s?"([0-9T:.+-]{19,40}|[0-9T:.-]{19,30}Z)"')


def find_time(path: str, position: int, found: os.stat_result) -> Optional[float]:
    """Return the time of the event at `position`, in epoch seconds; None where the file does not say it.

    `found` is the file as its place was compared: another one that has come since says nothing.
    """
    try:
        with files.open_to_read(Path(path)) as file:
            if not os.path.samestat(os.fstat(file.fileno()), found):
                return None
            file.seek(position)
            start = _TIME.match(file.read(_START_BYTES))
            return None if start is None else _parse(start[1].decode("ascii"))
    except (OSError, ValueError, OverflowError):
        return None


def _parse(text: str) -> Optional[float]:
    # Python before 3.11 does not read the Z
    when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return when.timestamp() if when.tzinfo else None
