"""How long from a log line to the kernel: the ban action notes it, the report action counts it.

fail2ban reads whole seconds, so the time comes from the line itself; one without a fraction does not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from ideolab_f2b import logline

#: bans between two looks of the report action; the oldest are forgotten where there is none
LIMIT = 20_000
#: enough of a matched line: its date stands first
_LINE = 500
_noted: deque[tuple[str, float]] = deque(maxlen=LIMIT)


def note(info: Mapping[str, Any], at: float) -> None:
    """The kernel holds a ban since `at` (epoch seconds); costs a microsecond."""
    try:
        text = "" if info["restored"] else info["matches"]
    except KeyError:
        # whoever calls an action by hand: a ban that cannot be timed is a ban
        return
    if text:
        _noted.append((text.rstrip("\n").rpartition("\n")[2][:_LINE], at))


def taken() -> Iterator[float]:
    """Seconds, of every ban since the last time, whose line has milliseconds."""
    while _noted:
        text, at = _noted.popleft()
        line = logline.read_last_line(text)
        if line is not None and line.when is not None:
            # a clock that was set back in between
            yield max(0.0, at - line.when)
