"""Where the pack is on a host, its jails, and who starts its services."""

from __future__ import annotations

from pathlib import Path

USER, LOG_GROUP = "ideolab", "adm"
LIBRARY = "/usr/local/lib/ideolab-f2b"
PROGRAM = "/usr/local/bin/ideolab-f2b"
#: the program that the web server may run as root, the rule that allows it, and what is never banned
HELPER = "/usr/local/sbin/ideolab-fw-ip"
SUDOERS = "/etc/sudoers.d/ideolab-fw-ip"
NEVER_BAN = "/etc/ideolab/never-ban"
FAIL2BAN = Path("/etc/fail2ban")
JAIL_LOCAL = "/etc/fail2ban/jail.local"
SERVICE, INTAKE = "ideolab-connmon", "ideolab-intake"
ACTION, REPORT, MANUAL = "ideolab-ban", "ideolab-report", "ideolab-manual"
#: jail -> the log that it reads
JAILS = {
    "ideolab-connmon": "connmon.log",
    "ideolab-connmon-net": "connmon.log",
    MANUAL: "manual.log",
}
#: the same for `install --nginx`: these read what the intake writes
NGINX_JAILS = {
    "nginx-ideolab-slowtls": "nginx-error.log",
    "nginx-ideolab-probe": "nginx-error.log",
    "nginx-ideolab-slowtls-access": "nginx-access.log",
}
#: and for `install --django`: the site writes it
DJANGO_JAILS = {"ideolab-traship": "traship.log"}
ALL_JAILS = {**JAILS, **NGINX_JAILS, **DJANGO_JAILS}
#: Debian's node_exporter reads the first, the seeds of this pack the second
COLLECTORS = ("/var/lib/prometheus/node-exporter", "/var/lib/node_exporter/textfile_collector")


def runs_systemd(run: Path = Path("/run/systemd/system")) -> bool:
    """Whether systemd is PID 1, as sd_booted(3) finds out."""
    return run.is_dir()


def restart(service: str) -> str:
    """The command that starts a service anew."""
    return f"systemctl restart {service}" if runs_systemd() else f"/etc/init.d/{service} restart"
