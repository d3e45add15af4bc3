"""Checks that nginx is told to send its error log to the intake, as a user from whom the intake takes it."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.services import is_asked
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import DEFAULT_PATH, Settings
from ideolab_f2b.places import INTAKE, JAIL_LOCAL, find_compose, restart

CHECK = "senders"
ERROR_LOG = "error_log"
#: the main context's directive; its first word is the user
_USER = re.compile(r"^[ \t]*user[ \t]+([^\s;]+)", re.M)
#: seconds for nginx -T
_NGINX_S = 60
_RUNS = "nginx runs as"
#: anybody may give a process this name; only root starts nginx's master
_CLAIMS = "a process that root has not started calls itself nginx, as"


class Sender(NamedTuple):
    """A user of nginx's: its number, and how it is known."""

    uid: int
    source: str


def senders(settings: Settings) -> Iterator[Verdict]:
    """Check nginx's configuration and the users of its processes; only after `install --nginx`."""
    if not is_asked(Path(JAIL_LOCAL)):
        return
    dump = _dump()
    yield judge_error_log(dump, settings.intake.socket)
    found = find_running() or _find_user_ids(dump or "")
    yield judge(found, set(_uids(settings.intake.senders)))


class _Process(NamedTuple):
    """A process that is called nginx: its own user is `uid`, and root's is one with `is_root`."""

    uid: int
    parent: str
    is_root: bool


def find_running(proc: Path = Path("/proc"), root: Path = Path("/")) -> list[Sender]:
    """Return the users of the nginx processes that share this root: those of containers log elsewhere."""
    found: dict[str, _Process] = {}
    for status in proc.glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            lines = dict(line.split(":", 1) for line in _lines(status) if ":" in line)
            if lines["Name"].strip() == "nginx" and os.path.samefile(status.with_name("root"), root):
                # a set-user-ID program that somebody has started keeps his real one
                real, effective = map(int, lines["Uid"].split()[:2])
                is_root = real == effective == 0
                found[status.parent.name] = _Process(effective, lines["PPid"].strip(), is_root)
    masters = {pid for pid, process in found.items() if process.is_root}
    known = {process for pid, process in found.items() if pid in masters or process.parent in masters}
    return sorted({Sender(each.uid, _RUNS if each in known else _CLAIMS) for each in found.values()})


def _lines(status: Path) -> list[str]:
    # whose process it is chooses the bytes of its name
    return status.read_text("utf-8", "replace").split("\n")


def _dump() -> Optional[str]:
    """Return nginx's configuration; None where it does not say: only root may ask."""
    try:
        done = subprocess.run(
            ["nginx", "-T"], capture_output=True, text=True, errors="replace", timeout=_NGINX_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode else done.stdout


def judge_error_log(dump: Optional[str], socket: Path) -> Verdict:
    """Return whether nginx's configuration has an error log for the intake's socket. Pure."""
    if dump is None:
        mend = "nginx -T | grep error_log, where nginx runs" if find_compose() else "sudo nginx -t"
        return unknown(ERROR_LOG, "nginx does not say where it sends its logs", mend)
    if re.search(rf"^[^#\n]*\berror_log\s+syslog:server=unix:{re.escape(str(socket))}[,\s;]", dump, re.M):
        return ok(ERROR_LOG, f"nginx is told to send its error log to {socket}")
    return wrong(
        ERROR_LOG,
        f"no error_log of nginx's goes to {socket}: its jails hear nothing",
        "scripts/install --nginx",
    )


def _find_user_ids(dump: str) -> list[Sender]:
    """Return the user of nginx's configuration; [] where it names none."""
    name = find_user(dump)
    return [Sender(uid, "nginx.conf says user") for uid in _uids([name] if name else [])]


def find_user(dump: str) -> Optional[str]:
    """Return the user that a dump of nginx's configuration names. Pure."""
    found = _USER.search(dump)
    return found[1].strip("\"'") if found else None


def _uids(names: Iterable[str]) -> Iterator[int]:
    for name in names:
        with contextlib.suppress(KeyError):
            yield int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def judge(found: Collection[Sender], admitted: Collection[int]) -> Verdict:
    """Return the verdict on the users of nginx; `admitted` are those that the intake takes. Pure."""
    if not found:
        return unknown(CHECK, "nginx does not run, or only root sees as whom", "start nginx")
    foreign = [sender for sender in found if sender.uid not in admitted]
    claims = [sender for sender in foreign if sender.source == _CLAIMS]
    known = [sender for sender in foreign if sender not in claims]
    if known:
        names = ", ".join(dict.fromkeys(["root", *(_name(sender.uid) for sender in known)]))
        mend = f"write senders = {names} into [intake] of {DEFAULT_PATH}, then {restart(INTAKE)}"
        return wrong(CHECK, f"{_enumerate(known)}: the intake throws these lines away", mend)
    if claims:
        # who may send lines decides who is banned: never advised for a name that anybody can take
        return unknown(CHECK, f"{_enumerate(claims)}: the intake does not take its lines", "ps -fC nginx")
    return ok(CHECK, f"{_enumerate(found)}: the intake takes their lines")


def _enumerate(found: Collection[Sender]) -> str:
    sources = dict.fromkeys(sender.source for sender in found)
    return "; ".join(
        f"{source} {', '.join(_name(sender.uid) for sender in found if sender.source == source)}"
        for source in sources
    )
