"""Services where systemd is PID 1."""

from __future__ import annotations

from ideolab_f2b.install.run import run, succeeds
from ideolab_f2b.places import ASN_TIMER, BAN_LIST, BAN_RESTORE, GEO_RULE_TIMER, GEO_TIMER

CONNMON = "ideolab-connmon.service"
TIMER = "ideolab-connmon.timer"
FAIL2BAN = "fail2ban.service"
INTAKE = "ideolab-intake.service"
OPENER = "ideolab-netns.service"
#: what works now and then, where the admin has enabled it
TIMERS = (
    *(ASN_TIMER, "ideolab-asn.service", GEO_TIMER, "ideolab-geo.service", GEO_RULE_TIMER),
    *(f"ideolab-accesslog-{name}.timer" for name in ("unban", "cleanup", "metrics", "reconcile", "events")),
    "ideolab-accesslog-follow.service",
)


def _systemctl(*words: str) -> None:
    run("systemctl", "--quiet", *words)


def _is(question: str, unit: str) -> bool:
    return succeeds("systemctl", "--quiet", f"is-{question}", unit)


def state() -> dict[str, bool]:
    """Return what uninstall restores: whether fail2ban ran and was enabled."""
    return {"fail2ban_active": _is("active", FAIL2BAN), "fail2ban_enabled": _is("enabled", FAIL2BAN)}


def start_connmon(*, is_changed: bool) -> str:
    """Start the service, unless the admin has chosen the timer; return what was done, in words."""
    _systemctl("daemon-reload")
    if _is("enabled", TIMER):
        return f"{TIMER} is enabled and stays"
    return _start(CONNMON, is_changed)


def start_intake(*, is_changed: bool) -> str:
    """Start the intake; return what was done, in words."""
    _systemctl("daemon-reload")
    return _start(INTAKE, is_changed)


def start_opener(*, is_changed: bool) -> str:
    """Start the opener of namespaces; return what was done, in words."""
    _systemctl("daemon-reload")
    return _start(OPENER, is_changed)


def _start(unit: str, is_changed: bool) -> str:
    _systemctl("enable", unit)
    if not is_changed and _is("active", unit):
        return f"{unit} runs"
    _systemctl("restart", unit)
    return f"{unit} started"


def stop_connmon() -> None:
    """Stop and disable connmon, whether the service or the timer starts it."""
    for unit in (CONNMON, TIMER, "ideolab-connmon-once.service"):
        _stop(unit)


def stop_intake() -> None:
    """Stop and disable the intake."""
    _stop(INTAKE)


def stop_opener() -> None:
    """Stop and disable the opener of namespaces."""
    _stop(OPENER)


def stop_timers() -> None:
    """Stop and disable what builds tables anew."""
    for unit in TIMERS:
        _stop(unit)


def _stop(unit: str) -> None:
    if _is("active", unit):
        _systemctl("stop", unit)
    if _is("enabled", unit):
        _systemctl("disable", unit)


def forget() -> None:
    """Make systemd forget the units after their files are removed."""
    # they have run at the boot, and would stay in systemd's list
    succeeds("systemctl", "stop", BAN_LIST, BAN_RESTORE)
    succeeds("systemctl", "reset-failed", "ideolab-*")
    _systemctl("daemon-reload")


def start_fail2ban() -> None:
    """Enable and start fail2ban."""
    succeeds("systemctl", "daemon-reload")
    # too many failed starts before, such as those for the missing auth.log, would refuse this one
    succeeds("systemctl", "reset-failed", FAIL2BAN)
    _systemctl("enable", FAIL2BAN)
    # not `start`: a server that is about to end, for the missing auth.log, still counts as active
    _systemctl("restart", FAIL2BAN)


def has_failed() -> bool:
    """Return whether fail2ban ended by itself."""
    return _is("failed", FAIL2BAN)


def restart_fail2ban() -> None:
    """Stop fail2ban and start it, with a drop-in that may be new."""
    succeeds("systemctl", "daemon-reload")
    _systemctl("restart", FAIL2BAN)


def stop_fail2ban() -> None:
    """Stop fail2ban."""
    _systemctl("stop", FAIL2BAN)


def disable_fail2ban() -> None:
    """Let fail2ban not start at boot."""
    _systemctl("disable", FAIL2BAN)
