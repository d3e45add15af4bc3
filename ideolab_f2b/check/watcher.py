"""Does connmon look, and do its gauges reach node_exporter?"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import COLLECTORS, SERVICE, restart

#: seconds without a look that are an error: the timer looks twice a minute
STALE_S = 90.0
_SUCCESS = re.compile(r'^ideolab_f2b_last_success_timestamp_seconds\{job="connmon"\} (\S+)$', re.M)


def connmon(settings: Settings) -> Iterator[Verdict]:
    """When did it last look?"""
    try:
        text: Optional[str] = settings.paths.connmon_prom.read_text(errors="replace")
    except PermissionError as error:
        yield unknown("connmon", str(error))
        return
    except OSError:
        text = None
    yield judge_connmon(text, time.time(), settings)


def judge_connmon(text: Optional[str], now: float, settings: Settings) -> Verdict:
    """What its gauges say about it. Pure."""
    path = settings.paths.connmon_prom
    if text is None:
        mend = f"{restart(SERVICE)} (apt-get install python3-prometheus-client, where that is missing)"
        return wrong("connmon", f"has written no {path}: it does not run, or cannot write", mend)
    found = _SUCCESS.search(text)
    if found is None:
        return wrong("connmon", f"{path} does not tell when it looked last", restart(SERVICE))
    age = now - float(found[1])
    limit = max(STALE_S, 4 * settings.connmon.every_s)
    if age > limit:
        return wrong(
            "connmon", f"looked last {age:.0f} s ago", f"{restart(SERVICE)}; journalctl -u {SERVICE}"
        )
    return ok("connmon", f"looked {max(age, 0):.0f} s ago")


def textfile(settings: Settings) -> Iterator[Verdict]:
    """Can node_exporter read what connmon writes?"""
    path = settings.paths.connmon_prom
    try:
        readable = _readable(path)
    except PermissionError as error:
        yield unknown("textfile", str(error))
        return
    places = [Path(directory, path.name) for directory in COLLECTORS if Path(directory).is_dir()]
    yield judge_textfile(path, readable, {place: place.exists() for place in places})


def _readable(path: Path) -> Optional[bool]:
    """Whether everybody may read the file; None when it is missing."""
    try:
        mode = os.stat(path).st_mode
        return bool(mode & stat.S_IROTH and os.stat(path.parent).st_mode & stat.S_IXOTH)
    except FileNotFoundError:
        return None


def judge_textfile(path: Path, readable: Optional[bool], places: dict[Path, bool]) -> Verdict:
    """What the modes and the collectors' directories mean. Pure."""
    if readable is None:
        return wrong("textfile", f"{path} is missing", restart(SERVICE))
    if not readable:
        return wrong("textfile", f"node_exporter may not read {path}", f"chmod a+rX {path.parent} {path}")
    blind = [str(place.parent) for place, is_there in places.items() if not is_there]
    if blind:
        return wrong("textfile", f"no {path.name} in {', '.join(blind)}", "ideolab-f2b install")
    return ok("textfile", f"{path} is there to read")
