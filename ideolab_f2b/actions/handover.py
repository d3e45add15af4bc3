"""What the ban action hands over to the report action: how long each ban took, and why one failed.

Both run one after the other in a thread of fail2ban. It reads whole seconds, so the time of a ban comes from
the log line itself; a line without a fraction of a second does not count.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from ideolab_f2b import logline

#: bans between two visits of the report action; the oldest are forgotten where there is none
LIMIT = 20_000
#: characters of a matched line that are kept: its date stands first
_LINE = 500
_timed: deque[tuple[str, float]] = deque(maxlen=LIMIT)
#: the last failure of each thread: (jail, address, error)
_failures: dict[int, tuple[str, str, BaseException]] = {}


def note_time(info: Mapping[str, Any], at: float) -> None:
    """Note that the kernel holds a ban since `at` (epoch seconds); costs a microsecond."""
    try:
        text = "" if info["restored"] else info["matches"]
    except KeyError:
        # whoever calls an action by hand: a ban that cannot be timed is a ban
        return
    if text:
        _timed.append((text.rstrip("\n").rpartition("\n")[2][:_LINE], at))


def take_delays() -> Iterator[float]:
    """Seconds from line to kernel of every ban since the last call, where the line has milliseconds."""
    while _timed:
        text, at = _timed.popleft()
        line = logline.read_last_line(text)
        if line is not None and line.when is not None:
            # a clock that was set back in between
            yield max(0.0, at - line.when)


def note_failure(jail: str, address: str, error: BaseException) -> None:
    """Note that the kernel does not hold the ban that this thread was asked for."""
    _failures[threading.get_ident()] = (jail, address, error)


def take_failure(jail: str, address: object) -> Optional[BaseException]:
    """Why the kernel does not hold the ban that this thread was asked for, once; None when it does."""
    if not _failures:
        return None
    jail_of, address_of, error = _failures.pop(threading.get_ident(), ("", "", None))
    return error if (jail_of, address_of) == (jail, str(address)) else None
