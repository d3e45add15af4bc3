"""Checks that connmon, the intake and the report action work, and that node_exporter gets their metrics."""

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
from ideolab_f2b.manifest import BLOCK
from ideolab_f2b.places import COLLECTORS, INTAKE, JAIL_LOCAL, NGINX_JAILS, SERVICE, restart

#: seconds without a tick that are an error: the timer runs connmon twice a minute
STALE_S = 90.0
_SUCCESS = re.compile(r'^ideolab_f2b_last_success_timestamp_seconds\{job="([a-z]+)"\} (\S+)$', re.M)


def connmon(settings: Settings) -> Iterator[Verdict]:
    """Check when connmon last read the sockets."""
    limit_s = max(STALE_S, 4 * settings.connmon.every_s)
    yield _daemon("connmon", SERVICE, settings.paths.connmon_prom, limit_s)


def intake(settings: Settings) -> Iterator[Verdict]:
    """Check when the intake last wrote nginx's lines; only where `install --nginx` has asked for it."""
    if is_asked(Path(JAIL_LOCAL)):
        yield _daemon("intake", INTAKE, settings.paths.intake_prom, STALE_S)


def report(settings: Settings) -> Iterator[Verdict]:
    """Check when the report action last wrote its metrics."""
    yield _daemon("report", "fail2ban", settings.paths.report_prom, STALE_S)


def is_asked(jail_local: Path) -> bool:
    """Return whether our block enables a jail that reads the intake's logs."""
    block = BLOCK.search(jail_local.read_bytes()) if jail_local.exists() else None
    return block is not None and any(f"[{jail}]".encode() in block[0] for jail in NGINX_JAILS)


def _daemon(name: str, service: str, path: Path, limit_s: float) -> Verdict:
    try:
        text: Optional[str] = path.read_text(errors="replace")
    except PermissionError as error:
        return unknown(name, str(error))
    except OSError:
        text = None
    return judge(name, service, path, text, time.time(), limit_s)


def judge(
    name: str, service: str, path: Path, text: Optional[str], now: float, limit_s: float = STALE_S
) -> Verdict:
    """Return the verdict on a daemon from the text of its metrics; times in seconds. Pure."""
    if text is None:
        mend = f"{restart(service)} (first apt-get install python3-prometheus-client, where that is missing)"
        return wrong(name, f"{path} is missing: it does not run, or cannot write there", mend)
    found = dict(_SUCCESS.findall(text)).get(name)
    if found is None:
        return wrong(name, f"{path} does not say when it last did its work", restart(service))
    age = now - float(found)
    if age > limit_s:
        return wrong(
            name, f"last did its work {age:.0f} s ago", f"{restart(service)}; journalctl -u {service}"
        )
    return ok(name, f"last did its work {max(age, 0):.0f} s ago")


def textfile(settings: Settings) -> Iterator[Verdict]:
    """Check that node_exporter can read what connmon writes."""
    path = settings.paths.connmon_prom
    try:
        readable = _readable(path)
    except PermissionError as error:
        yield unknown("textfile", str(error))
        return
    places = [Path(directory, path.name) for directory in COLLECTORS if Path(directory).is_dir()]
    yield judge_textfile(path, readable, {place: place.exists() for place in places})


def _readable(path: Path) -> Optional[bool]:
    """Return whether everybody may read the file; None when it is missing."""
    try:
        mode = os.stat(path).st_mode
        return bool(mode & stat.S_IROTH and os.stat(path.parent).st_mode & stat.S_IXOTH)
    except FileNotFoundError:
        return None


def judge_textfile(path: Path, readable: Optional[bool], places: dict[Path, bool]) -> Verdict:
    """Return the verdict on the metrics of connmon; `places` says where node_exporter finds them. Pure."""
    if readable is None:
        return wrong("textfile", f"{path} is missing", restart(SERVICE))
    if not readable:
        return wrong("textfile", f"node_exporter may not read {path}", f"chmod a+rX {path.parent} {path}")
    missing = [str(place.parent) for place, is_there in places.items() if not is_there]
    if missing:
        return wrong(
            "textfile", f"node_exporter finds no {path.name} in {', '.join(missing)}", "ideolab-f2b install"
        )
    return ok("textfile", f"{path} can be read")
