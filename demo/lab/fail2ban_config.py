"""What is written for a fail2ban-server of the lab: its configuration, the pack's files and their places."""

from __future__ import annotations

import shutil
from pathlib import Path

from demo.lab.child import REPOSITORY

DISTRIBUTION = Path("/etc/fail2ban")
#: names below the server's directory; tests have long ones and a socket's path takes 107 bytes
CONFIG = "config"
LOG = "fail2ban.log"
SOCKET = "sock"
PID = "pid"
DATABASE = "fail2ban.sqlite3"
#: f2b.conf of the report action, and its state
SETTINGS = "f2b.conf"
STATE = "state"
#: not jail.d and no .local: those are the host's own jails
_STOCK = ("fail2ban.conf", "jail.conf", "paths-common.conf", "paths-debian.conf")
_STOCK_DIRECTORIES = ("action.d", "filter.d")
_PACK_DIRECTORIES = ("action.d", "filter.d", "jail.d")
_SERVER = f"""\
[DEFAULT]
loglevel = INFO
logtarget = {{directory}}/{LOG}
syslogsocket = auto
socket = {{directory}}/{SOCKET}
pidfile = {{directory}}/{PID}
dbfile = {{directory}}/{DATABASE}
dbmaxmatches = 10
dbpurgeage = 1d
allowipv6 = true

[Definition]

[Thread]
"""
_JAIL = """\
[DEFAULT]
ignoreip =
ignoreself = true
ignorecommand =
bantime = 600
findtime = 600
maxretry = 1
maxmatches = 10
backend = pyinotify
usedns = no
logencoding = utf-8
enabled = false
filter = %(__name__)s
port = 443
"""
_SETTINGS = """\
[origin]
cymru_host =
ipwhois = 0
[paths]
log_dir = {directory}
state_dir = {directory}
textfile_dir = {directory}
"""


def write_smallest(directory: Path) -> None:
    """Write the least that fail2ban starts with, and the pack: no other action, filter or jail."""
    config = directory / CONFIG
    config.mkdir(parents=True)
    (config / "fail2ban.conf").write_text(_SERVER.format(directory=directory))
    (config / "jail.conf").write_text(_JAIL)
    _add_pack(directory)


def write_distribution(directory: Path) -> None:
    """Copy the configuration of the host's package without the host's own jails, and add the pack."""
    config = directory / CONFIG
    config.mkdir(parents=True)
    for name in filter(lambda name: (DISTRIBUTION / name).exists(), _STOCK):
        shutil.copy(DISTRIBUTION / name, config)
    for name in _STOCK_DIRECTORIES:
        shutil.copytree(DISTRIBUTION / name, config / name, ignore=shutil.ignore_patterns("*.local"))
    (config / "fail2ban.local").write_text(_SERVER.format(directory=directory))
    _add_pack(directory)


def _add_pack(directory: Path) -> None:
    config = directory / CONFIG
    for name in _PACK_DIRECTORIES:
        shutil.copytree(
            REPOSITORY / name, config / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
    (directory / SETTINGS).write_text(_SETTINGS.format(directory=directory))
    jails = config / "jail.d" / "ideolab.conf"
    text = jails.read_text().replace("/var/log/ideolab", str(directory))
    text = text.replace("ideolab-ban.py[", f"ideolab-ban.py[state={directory / STATE}, ")
    jails.write_text(text.replace("ideolab-report.py", report_action(directory)))


def report_action(directory: Path) -> str:
    """Return the report action as a jail names it; without options it writes to the host's own places."""
    return f"ideolab-report.py[config={directory / SETTINGS}, state={directory / STATE}]"
