"""Services where systemd is not PID 1: init scripts, called directly."""

from __future__ import annotations

import os
import shutil

from ideolab_f2b import fail2ban_client
from ideolab_f2b.install.run import run

CONNMON, INTAKE, FAIL2BAN = (
    f"/etc/init.d/{name}" for name in ("ideolab-connmon", "ideolab-intake", "fail2ban")
)


def _fail2ban(verb: str) -> None:
    """Debian's script knows /etc/default/fail2ban; without it the client does the same."""
    run(FAIL2BAN if os.access(FAIL2BAN, os.X_OK) else "fail2ban-client", verb)


def state() -> dict[str, bool]:
    # its links in rc*.d are the package's, and stay
    return {"fail2ban_active": fail2ban_client.is_up(), "fail2ban_enabled": True}


def start_connmon(*, is_changed: bool) -> str:
    return _start(CONNMON, is_changed)


def start_intake(*, is_changed: bool) -> str:
    return _start(INTAKE, is_changed)


def _start(script: str, is_changed: bool) -> str:
    if shutil.which("update-rc.d"):
        run("update-rc.d", os.path.basename(script), "defaults")
    run(script, "restart" if is_changed else "start")
    return f"{script} {'restarted' if is_changed else 'started'}"


def stop_connmon() -> None:
    _stop(CONNMON)


def stop_intake() -> None:
    _stop(INTAKE)


def _stop(script: str) -> None:
    if os.access(script, os.X_OK):
        run(script, "stop")


def forget() -> None:
    """After the scripts are gone."""
    if shutil.which("update-rc.d"):
        for script in (CONNMON, INTAKE):
            run("update-rc.d", os.path.basename(script), "remove")


def start_fail2ban() -> None:
    _fail2ban("start")


def has_failed() -> bool:
    """Nobody would know."""
    return False


def restart_fail2ban() -> None:
    _fail2ban("restart")


def stop_fail2ban() -> None:
    # the script calls it a failure when there is nothing to stop
    if fail2ban_client.is_up():
        _fail2ban("stop")


def disable_fail2ban() -> None:
    """It was as enabled before."""
