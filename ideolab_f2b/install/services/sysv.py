"""Services where systemd is not PID 1: init scripts, called directly."""

from __future__ import annotations

import os
import shutil

from ideolab_f2b import fail2ban_client
from ideolab_f2b.install.run import run

CONNMON = "/etc/init.d/ideolab-connmon"
INTAKE = "/etc/init.d/ideolab-intake"
OPENER = "/etc/init.d/ideolab-netns"
FAIL2BAN = "/etc/init.d/fail2ban"
BAN_LIST = "/etc/init.d/ideolab-ban-list"
BAN_RESTORE = "/etc/init.d/ideolab-ban-restore"


def _fail2ban(verb: str) -> None:
    """Call Debian's script, which reads /etc/default/fail2ban; without it the client does the same."""
    run(FAIL2BAN if os.access(FAIL2BAN, os.X_OK) else "fail2ban-client", verb)


def state() -> dict[str, bool]:
    """Return what uninstall restores: whether fail2ban ran; it counts as enabled."""
    # its links in rc*.d are the package's, and stay
    return {"fail2ban_active": fail2ban_client.is_up(), "fail2ban_enabled": True}


def start_connmon(*, is_changed: bool) -> str:
    """Start connmon; return what was done, in words. Saved rules get their sets at each boot, then bans."""
    _enable(BAN_LIST)
    _enable(BAN_RESTORE)
    return _start(CONNMON, is_changed)


def start_intake(*, is_changed: bool) -> str:
    """Start the intake; return what was done, in words."""
    return _start(INTAKE, is_changed)


def start_opener(*, is_changed: bool) -> str:
    """Start the opener of namespaces; return what was done, in words."""
    return _start(OPENER, is_changed)


def _enable(script: str) -> None:
    if shutil.which("update-rc.d"):
        run("update-rc.d", os.path.basename(script), "defaults")


def _start(script: str, is_changed: bool) -> str:
    _enable(script)
    run(script, "restart" if is_changed else "start")
    return f"{script} {'restarted' if is_changed else 'started'}"


def stop_connmon() -> None:
    """Stop connmon, if its script is there."""
    _stop(CONNMON)


def stop_intake() -> None:
    """Stop the intake, if its script is there."""
    _stop(INTAKE)


def stop_opener() -> None:
    """Stop the opener of namespaces, if its script is there."""
    _stop(OPENER)


def stop_timers() -> None:
    """Do nothing: without systemd the admin's cron does the work of our timers."""


def _stop(script: str) -> None:
    if os.access(script, os.X_OK):
        run(script, "stop")


def forget() -> None:
    """Remove the links in rc*.d after the scripts are removed."""
    if shutil.which("update-rc.d"):
        for script in (CONNMON, INTAKE, OPENER, BAN_LIST, BAN_RESTORE):
            run("update-rc.d", os.path.basename(script), "remove")


def start_fail2ban() -> None:
    """Start fail2ban."""
    _fail2ban("start")


def has_failed() -> bool:
    """False: without systemd nothing tells whether fail2ban ended by itself."""
    return False


def restart_fail2ban() -> None:
    """Stop fail2ban and start it."""
    _fail2ban("restart")


def stop_fail2ban() -> None:
    """Stop fail2ban, if it runs."""
    # the script calls it a failure when there is nothing to stop
    if fail2ban_client.is_up():
        _fail2ban("stop")


def disable_fail2ban() -> None:
    """Do nothing: an install does not enable it here."""
