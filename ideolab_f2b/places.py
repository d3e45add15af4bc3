"""The paths of the pack on a host, its jails, and the program that starts its services."""

from __future__ import annotations

from pathlib import Path

#: the user of connmon and of the intake
USER = "ideolab"
#: the group that may read the logs on a Debian
LOG_GROUP = "adm"
LIBRARY = "/usr/local/lib/ideolab-f2b"
PROGRAM = "/usr/local/bin/ideolab-f2b"
#: the program that a web server may run as root
HELPER = "/usr/local/sbin/ideolab-fw-ip"
#: the rule of sudo that allows it
SUDOERS = "/etc/sudoers.d/ideolab-fw-ip"
#: the list of what is never banned
NEVER_BAN = "/etc/ideolab/never-ban"
FAIL2BAN = Path("/etc/fail2ban")
JAIL_LOCAL = "/etc/fail2ban/jail.local"
#: the service of connmon
SERVICE = "ideolab-connmon"
#: the service of the intake
INTAKE = "ideolab-intake"
#: the ban action
ACTION = "ideolab-ban"
#: the report action
REPORT = "ideolab-report"
#: the jail of bans by hand
MANUAL = "ideolab-manual"
#: {jail: the log that it reads}
JAILS = {
    "ideolab-connmon": "connmon.log",
    "ideolab-connmon-net": "connmon.log",
    MANUAL: "manual.log",
}
#: the jails of `install --nginx`: they read what the intake writes
NGINX_JAILS = {
    "nginx-ideolab-slowtls": "nginx-error.log",
    "nginx-ideolab-probe": "nginx-error.log",
    "nginx-ideolab-slowtls-access": "nginx-access.log",
}
#: the jail of `install --django`: the site writes its log
DJANGO_JAILS = {"ideolab-traship": "traship.log"}
ALL_JAILS = {**JAILS, **NGINX_JAILS, **DJANGO_JAILS}
#: directories of node_exporter: the first is Debian's, the second that of the first version of this pack
COLLECTORS = ("/var/lib/prometheus/node-exporter", "/var/lib/node_exporter/textfile_collector")


def runs_systemd(run: Path = Path("/run/systemd/system")) -> bool:
    """Return whether systemd is PID 1, as sd_booted(3) finds out."""
    return run.is_dir()


def restart(service: str) -> str:
    """Return the command that restarts a service."""
    return f"systemctl restart {service}" if runs_systemd() else f"/etc/init.d/{service} restart"
