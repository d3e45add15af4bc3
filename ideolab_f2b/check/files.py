"""Checks the settings, the logs, the clock and the installed files."""

from __future__ import annotations

import os
import pwd
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import config, logline, manifest
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.files import open_where_it_leads
from ideolab_f2b.manifest import Entry
from ideolab_f2b.places import (
    ALL_JAILS,
    LIBRARY,
    LOGS,
    PROGRAM,
    SERVICE,
    USER,
    find_compose,
    reinstall,
    restart,
)

#: seconds: fail2ban itself takes a line that is 60 s off for one of now
CLOCK_S = 60.0
#: bytes; enough for a few lines
_TAIL = 8192


class LogStat(NamedTuple):
    """The part of a log's stat that matters."""

    is_file: bool
    owner: str
    mode: int


def settings_file(path: Path = config.DEFAULT_PATH) -> Iterator[Verdict]:
    """Check that f2b.conf can be used."""
    try:
        config.load(path)
    except config.ConfigError as error:
        yield wrong("settings", str(error), f"correct {path}, then {restart(SERVICE)}")
    else:
        yield ok("settings", f"{path} is valid" if path.exists() else f"no {path}: the defaults apply")


def logs(settings: Settings) -> Iterator[Verdict]:
    """Check that each log is there, and that connmon can write it."""
    observed = settings.paths.observed_log
    always = [log.path(settings.paths) for log in LOGS if not log.option]
    for path in always if settings.connmon.observe else filter(observed.__ne__, always):
        try:
            yield judge_log(path, read_stat(path))
        except PermissionError as error:
            yield unknown(f"log {path.name}", str(error))


def read_stat(path: Path) -> Optional[LogStat]:
    """Return the stat of a log; None when it is missing."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return LogStat(stat.S_ISREG(found.st_mode), _name(found.st_uid), stat.S_IMODE(found.st_mode))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def judge_log(path: Path, found: Optional[LogStat]) -> Verdict:
    """Return the verdict on a log from its stat; None = it is missing. Pure."""
    check = f"log {path.name}"
    if found is None:
        why = ": fail2ban would not start again" if path.name in ALL_JAILS.values() else ""
        return wrong(check, f"{path} is missing{why}", _bring_back())
    if not found.is_file:
        return wrong(check, f"{path} is not a regular file", f"rm {path}; {_bring_back()}")
    if found.owner != USER or not found.mode & stat.S_IWUSR:
        text = f"{path} belongs to {found.owner}: connmon cannot write it"
        return wrong(check, text, f"rm {path}; {_bring_back()}" if find_compose() else reinstall())
    return ok(check, str(path))


def _bring_back() -> str:
    # in a container connmon makes the logs when it starts, and fail2ban reads them from its own start on
    return f"{restart(SERVICE)} fail2ban" if find_compose() else reinstall()


def clock(settings: Settings) -> Iterator[Verdict]:
    """Check that the newest line is not later than now."""
    path = settings.paths.connmon_log
    try:
        newest = _newest(path)
    except FileNotFoundError:
        newest = None
    except OSError as error:
        yield unknown("clock", str(error))
        return
    yield judge_clock(newest, time.time())


def _newest(path: Path) -> Optional[float]:
    """Return the later one of the file's own time and the date of its last line, in epoch seconds."""
    with open_where_it_leads(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
        lines = file.read().decode("utf-8", "replace").splitlines()
        written = os.fstat(file.fileno()).st_mtime
    return max([written, *(said for said in map(logline.read_date, lines[-1:]) if said is not None)])


def judge_clock(newest: Optional[float], now: float) -> Verdict:
    """Return the verdict on the clock from the time of the newest line, both in epoch seconds. Pure."""
    if newest is None:
        return unknown("clock", "there is no log line to compare it with", restart(SERVICE))
    ahead = newest - now
    if ahead > CLOCK_S:
        text = f"the log is {ahead:.0f} s ahead of now: the clock was set back, so bans end at the wrong time"
        return wrong("clock", text, "timedatectl set-ntp true")
    return ok("clock", "no log line is later than now")


def ours(root: Path = Path("/"), path: Path = manifest.PATH) -> Iterator[Verdict]:
    """Check that all that was installed is there and unchanged."""
    try:
        found = manifest.load(root / str(path).lstrip("/"))
    except PermissionError as error:
        yield unknown("files", str(error))
        return
    except manifest.ManifestError as error:
        yield wrong("files", str(error), "scripts/install")
        return
    if found is None:
        yield wrong("files", f"the pack is not installed: there is no {path}", "scripts/install")
        return
    entries = [entry for entry in found.entries if entry.path.startswith("/")]
    yield judge_files(entries, {e.path: manifest.digest(e.kind, root / e.path.lstrip("/")) for e in entries})


def judge_files(entries: list[Entry], now: Mapping[str, Optional[str]]) -> Verdict:
    """Return the verdict on the installed files; {path: digest} is what stands there now. Pure.

    The admin may change configuration. A change of code is wrong.
    """
    missing = [entry.path for entry in entries if now[entry.path] is None]
    changed = [
        entry.path for entry in entries if entry.digest and now[entry.path] not in (None, entry.digest)
    ]
    code = [path for path in changed if path.endswith(".py") or not path.startswith("/etc/")]
    if missing:
        more = "" if find_compose() else " (or scripts/install)"
        return wrong("files", f"missing: {', '.join(missing)}", f"{reinstall()}{more}")
    if code:
        # the installed copy would put itself back
        is_gone = (LIBRARY in code or PROGRAM in code) and not find_compose()
        mend = "scripts/install" if is_gone else reinstall()
        return wrong("files", f"changed since the install: {', '.join(code)}", mend)
    yours = f"; changed by you: {', '.join(changed)}" if changed else ""
    return ok("files", f"all {len(entries)} are there{yours}")
