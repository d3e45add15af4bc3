"""The paths of the pack on a host, its logs and jails, and what starts services and installs packages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.config import Paths

#: the user of connmon and of the intake
USER = "ideolab"
#: the group that may read the logs on a Debian
LOG_GROUP = "adm"
LIBRARY = "/usr/local/lib/ideolab-f2b"
#: what systemd-tmpfiles and the init scripts read: the directories and the logs of this host
TMPFILES = "/etc/tmpfiles.d/ideolab-f2b.conf"
ROTATION = "/etc/logrotate.d/ideolab-f2b"
#: what each jail reads beside its log: fail2ban does not start at all when a jail finds none
NO_LOG = "/usr/local/lib/ideolab-f2b/deploy/no-log"
PROGRAM = "/usr/local/bin/ideolab-f2b"
#: the program that a web server may run as root
HELPER = "/usr/local/sbin/ideolab-fw-ip"
#: the rule of sudo that allows it
SUDOERS = "/etc/sudoers.d/ideolab-fw-ip"
#: the list of what is never banned
NEVER_BAN = "/etc/ideolab/never-ban"
#: what the installer has read of nginx: how many connections it can hold
NGINX_CAPACITY = "/etc/ideolab/nginx-capacity"
#: the directory of the intake's socket; systemd keeps it while the intake starts anew
RUN = "/run/ideolab"
#: the intake touches it when nginx says that its worker_connections are not enough
ALERT = f"{RUN}/worker-connections"
FAIL2BAN = Path("/etc/fail2ban")
JAIL_LOCAL = "/etc/fail2ban/jail.local"
#: what a hardened unit of fail2ban needs beside; of two drop-ins the later in the alphabet counts
FAIL2BAN_DROP_IN = "/etc/systemd/system/fail2ban.service.d/zz-ideolab.conf"
#: the service of connmon
SERVICE = "ideolab-connmon"
#: the service of the intake
INTAKE = "ideolab-intake"
#: the service that opens sockets in containers
NETNS = "ideolab-netns"
#: the directory of its socket; it stays while the service is stopped
NETNS_RUN = "/run/ideolab-netns"
#: the unit that makes the sets of saved firewall rules before these are loaded
BAN_LIST = "ideolab-ban-list.service"
#: the init script that does the same
BAN_LIST_SCRIPT = "ideolab-ban-list"
#: the unit that puts the bans in force after these are loaded, before the network is up
BAN_RESTORE = "ideolab-ban-restore.service"
#: the init script that does the same
BAN_RESTORE_SCRIPT = "ideolab-ban-restore"
#: where systemd reads what a boot starts
WANTS = "/etc/systemd/system/multi-user.target.wants"
#: what builds the table of AS numbers anew
ASN_TIMER = "ideolab-asn.timer"
#: what builds the country list anew, and puts it in force where one is
GEO_TIMER = "ideolab-geo.timer"
#: the timer that puts the country list back where somebody has flushed it
GEO_RULE_TIMER = "ideolab-geo-rule.timer"
#: the service of nginx
NGINX = "nginx"
#: the ban action
ACTION = "ideolab-ban"
#: the report action
REPORT = "ideolab-report"
#: the jail of bans by hand
MANUAL = "ideolab-manual"
#: the jail of AS numbers, which reads no log
ASN = "ideolab-asn"
#: the variable with which an image of the pack says what starts its containers (deploy/docker/Dockerfile)
COMPOSE = "IDEOLAB_F2B_COMPOSE"
#: where the admin enables and changes our jails
JAILS_OF_ADMIN = "/etc/fail2ban/jail.d/ideolab.local"
#: the options of `install` that bring a log's writer
WITH_NGINX = "--nginx"
WITH_DJANGO = "--django"


class PackLog(NamedTuple):
    """One log of the pack. `key` is its name in Paths; `option` brings its writer and its jails.

    `is_site` says that a site of the web server writes it too: with --django its group may. `is_import` says
    that such a site reads it, and writes nothing.
    """

    key: str
    jails: tuple[str, ...] = ()
    option: str = ""
    is_site: bool = False
    is_import: bool = False

    def path(self, paths: Paths) -> Path:
        """Return where the log is."""
        found: Path = getattr(paths, self.key)
        return found

    def group(self, web_group: Optional[str]) -> str:
        """Return its group; `web_group` is that of the site, None without --django."""
        return web_group if (self.is_site or self.is_import) and web_group else LOG_GROUP

    def mode(self, web_group: Optional[str]) -> int:
        """Return its mode: the group may write a site's own; nobody of it may delete one."""
        return 0o660 if self.is_site and web_group else 0o640


#: all logs of the pack, whose user is USER; what makes, keeps, rotates or checks them reads this table
LOGS = (
    PackLog("connmon_log", ("ideolab-connmon", "ideolab-connmon-net")),
    PackLog("observed_log"),
    PackLog("events", is_import=True),
    PackLog("nginx_error_log", ("nginx-ideolab-slowtls", "nginx-ideolab-probe"), WITH_NGINX),
    PackLog("nginx_access_log", ("nginx-ideolab-stalled",), WITH_NGINX),
    PackLog("manual_log", (MANUAL,), is_site=True),
    PackLog("traship_log", ("ideolab-traship",), WITH_DJANGO, is_site=True),
)


def logs(web_group: Optional[str]) -> tuple[PackLog, ...]:
    """Return the logs of a host: traship.log only with --django, those of nginx also before --nginx."""
    return tuple(log for log in LOGS if web_group or log.option != WITH_DJANGO)


def _jails(option: str) -> dict[str, str]:
    usual = Paths()
    return {jail: log.path(usual).name for log in LOGS if log.option == option for jail in log.jails}


#: {jail: the log that it reads, "" for none}
JAILS = {**_jails(""), ASN: ""}
#: the jails of `install --nginx`: they read what the intake writes
NGINX_JAILS = _jails(WITH_NGINX)
#: the jail of `install --django`: the site writes its log
DJANGO_JAILS = _jails(WITH_DJANGO)
ALL_JAILS = {**JAILS, **NGINX_JAILS, **DJANGO_JAILS}
#: {name of a jail and a filter in an earlier version: today's name}
RENAMED = {"nginx-ideolab-slowtls-access": "nginx-ideolab-stalled"}
#: directories of node_exporter: the first is Debian's, the second that of the first version of this pack
COLLECTORS = ("/var/lib/prometheus/node-exporter", "/var/lib/node_exporter/textfile_collector")


def runs_systemd(run: Path = Path("/run/systemd/system")) -> bool:
    """Return whether systemd is PID 1, as sd_booted(3) finds out."""
    return run.is_dir()


def find_compose(environment: Mapping[str, str] = os.environ) -> str:
    """Return what starts the pack's containers, as `docker compose`; "" where its image does not say so.

    Only a statement counts: what else a container has differs from engine to engine.
    """
    return environment.get(COMPOSE, "")


def restart(*services: str) -> str:
    """Return the command that restarts services."""
    if find_compose():
        return " ".join((find_compose(), "restart", *map(_container, services)))
    if runs_systemd():
        return " ".join(("systemctl restart", *services))
    return "; ".join(f"/etc/init.d/{service} restart" for service in services)


def reinstall() -> str:
    """Return the command that puts back what the installer has put in place; an image is made anew."""
    return f"{find_compose()} up -d --build" if find_compose() else "ideolab-f2b install"


def bring_opener() -> str:
    """Return the command that starts the opener where there is none."""
    return f"{find_compose()} up -d netns" if find_compose() else "ideolab-f2b install --containers"


def list_containers() -> str:
    """Return the command that shows the containers, and why one is not looked into."""
    enter = f"{find_compose()} exec {_container(NETNS)}" if find_compose() else "sudo"
    return f"{enter} ideolab-f2b netns --list"


def show_log(service: str) -> str:
    """Return the command that shows what a service says."""
    if find_compose():
        return f"{find_compose()} logs {_container(service)}"
    return "see /var/log/fail2ban.log" if service == "fail2ban" else f"journalctl -u {service}"


def _container(service: str) -> str:
    # the services of compose.yaml have no prefix: its project has
    return service[len("ideolab-") :] if service.startswith("ideolab-") else service


#: where the programs of an administrator are; `su` without a dash leaves root without the sbin directories
_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
#: {program: what is typed to install a package}
_INSTALL = {
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "yum": "yum install",
    "zypper": "zypper install",
    "apk": "apk add",
    "pacman": "pacman -S",
}
#: {Debian's name of a package: {program: the name that its distribution has}}
PACKAGE_NAMES = {
    "iproute2": {"dnf": "iproute", "yum": "iproute"},
    "nginx-core": dict.fromkeys(("dnf", "yum", "zypper", "apk", "pacman"), "nginx"),
    "passwd": {
        "dnf": "shadow-utils",
        "yum": "shadow-utils",
        "zypper": "shadow",
        "apk": "shadow",
        "pacman": "shadow",
    },
    "python3-maxminddb": {"apk": "py3-maxminddb", "pacman": "python-maxminddb"},
    "python3-prometheus-client": {
        "dnf": "python3-prometheus_client",
        "yum": "python3-prometheus_client",
        "zypper": "python3-prometheus_client",
        "apk": "py3-prometheus-client",
        "pacman": "python-prometheus_client",
    },
    "python3-pyinotify": {
        "dnf": "python3-inotify",
        "yum": "python3-inotify",
        "apk": "py3-inotify",
        "pacman": "python-pyinotify",
    },
    "python3-systemd": {"pacman": "python-systemd"},
}


def complete_path(path: str) -> str:
    """Return a PATH with the directories of an administrator's programs behind its own."""
    own = [one for one in path.split(os.pathsep) if one]
    return os.pathsep.join([*own, *(one for one in _DIRECTORIES if one not in own)])


def find_program(name: str) -> str | None:
    """Return the path of a program, also where PATH lacks the sbin directories; None when there is none."""
    return shutil.which(name, path=complete_path(os.environ.get("PATH", "")))


def install_command(*packages: str) -> str:
    """Return what installs packages on this host; they are given by Debian's names."""
    manager = next((name for name in _INSTALL if find_program(name)), "")
    names = " ".join(PACKAGE_NAMES.get(one, {}).get(manager, one) for one in packages)
    return f"{_INSTALL[manager]} {names}" if manager else f"install {names} (names of Debian's packages)"
