"""Checks that connmon, the intake and the report action work."""

from __future__ import annotations

import configparser
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import files, manifest
from ideolab_f2b.check.files import CLOCK_S
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import DEFAULT_PATH, Settings
from ideolab_f2b.connmon.output.status import NOBODY_IS_BANNED
from ideolab_f2b.manifest import BLOCK
from ideolab_f2b.namespaces.ask import OpenerDownError, ask
from ideolab_f2b.namespaces.namespace import SOCKET
from ideolab_f2b.places import (
    INTAKE,
    JAIL_LOCAL,
    JAILS_OF_ADMIN,
    NETNS,
    NGINX_JAILS,
    SERVICE,
    find_compose,
    install_command,
    restart,
    show_log,
)

#: seconds without a tick that are an error: the timer runs connmon twice a minute
STALE_S = 90.0
#: more sockets than a namespace has: no socket into it is wanted
NONE_IN_USE = 999_999_999
_SUCCESS = re.compile(r'^ideolab_f2b_last_success_timestamp_seconds\{job="([a-z]+)"\} (\S+)$', re.M)


def connmon(settings: Settings) -> Iterator[Verdict]:
    """Check when connmon last read the sockets, and that bans may follow."""
    limit_s = max(STALE_S, 4 * settings.connmon.every_s)
    yield _daemon("connmon", SERVICE, settings.paths.connmon_prom, limit_s)
    if settings.connmon.observe:
        mend = f"once you have seen enough: observe = no in {DEFAULT_PATH}, then {restart(SERVICE)}"
        yield wrong("observe", f"{NOBODY_IS_BANNED}; `ideolab-f2b connmon --summary` says who would be", mend)


def intake(settings: Settings) -> Iterator[Verdict]:
    """Check when the intake last wrote nginx's lines; only where `install --nginx` has asked for it."""
    if is_asked(Path(JAIL_LOCAL)):
        yield _daemon("intake", INTAKE, settings.paths.intake_prom, STALE_S)


def opener(settings: Settings, path: Path = manifest.PATH, socket: str = SOCKET) -> Iterator[Verdict]:
    """Check that the opener of namespaces answers; only where `install --containers` has asked for it."""
    try:
        if not is_opener_asked(path):
            return
        found = list(ask(settings.connmon.ports, above=NONE_IN_USE, path=socket))
    except (PermissionError, manifest.ManifestError) as error:
        yield unknown("opener", str(error))
    except OpenerDownError as error:
        mend = f"{restart(NETNS)}; {show_log(NETNS)}"
        yield wrong("opener", f"{error}: nobody looks at the sockets inside containers", mend)
    else:
        if settings.connmon.containers:
            yield ok("opener", f"it answers: {len(found)} containers listen on a watched port")
        else:
            leave = "take the opener out" if find_compose() else "ideolab-f2b install --no-containers"
            mend = f"take it out, then {restart(NETNS, SERVICE)}; or {leave}"
            yield wrong("opener", f"containers = no in {DEFAULT_PATH}: it opens nothing", mend)


def is_opener_asked(path: Path = manifest.PATH) -> bool:
    """Return whether this host is to have the opener; ManifestError or OSError where that cannot be read."""
    found = manifest.load(path)
    return bool(found and found.options and found.options.containers)


def report(settings: Settings) -> Iterator[Verdict]:
    """Check when the report action last wrote its metrics."""
    yield _daemon("report", "fail2ban", settings.paths.report_prom, STALE_S)


def is_asked(jail_local: Path) -> bool:
    """Return whether our block enables a jail that reads the intake's logs."""
    block = BLOCK.search(jail_local.read_bytes()) if jail_local.exists() else None
    if block is not None and any(f"[{jail}]".encode() in block[0] for jail in NGINX_JAILS):
        return True
    # an image has no nginx, for which the installer would enable them
    return bool(find_compose()) and has_nginx_jail(Path(JAILS_OF_ADMIN))


def has_nginx_jail(path: Path) -> bool:
    """Return whether the admin's file enables a jail that reads the intake's logs; a broken file has none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(path, "utf-8")
        return any(parser.getboolean(jail, "enabled", fallback=False) for jail in NGINX_JAILS)
    except (OSError, ValueError, configparser.Error):
        # fail2ban does not start with it either, as the check `fail2ban` says
        return False


def _daemon(name: str, service: str, path: Path, limit_s: float) -> Verdict:
    try:
        text: Optional[str] = files.read(path).decode("utf-8", "replace")
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
        package = install_command("python3-prometheus-client")
        first = "" if find_compose() else f" (first {package}, where that is missing)"
        mend = f"{restart(service)}{first}"
        return wrong(name, f"{path} is missing: it does not run, or cannot write there", mend)
    found = dict(_SUCCESS.findall(text)).get(name)
    if found is None:
        return wrong(name, f"{path} does not say when it last did its work", restart(service))
    age = now - float(found)
    if age < -CLOCK_S:
        # it would count as alive until the clock gets there
        what = f"last did its work {-age:.0f} s from now: the clock was set back"
        return unknown(name, what, f"{restart(service)}; ideolab-f2b check")
    if age > limit_s:
        return wrong(name, f"last did its work {age:.0f} s ago", f"{restart(service)}; {show_log(service)}")
    return ok(name, f"last did its work {max(age, 0):.0f} s ago")
