"""A real fail2ban-server: the distribution's configuration and the pack's, all in a directory of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from demo.lab.child import REPOSITORY, Child, environment
from demo.lab.error import LabError
from demo.lab.namespace import Namespace

DISTRIBUTION = Path("/etc/fail2ban")
#: not jail.d and no .local: those are the host's own jails
_STOCK = ("fail2ban.conf", "jail.conf", "paths-common.conf", "paths-debian.conf")
_STOCK_DIRECTORIES = ("action.d", "filter.d")
_PACK_DIRECTORIES = ("action.d", "filter.d", "jail.d")

_SERVER = """\
[DEFAULT]
loglevel = INFO
logtarget = {directory}/fail2ban.log
socket = {directory}/fail2ban.sock
pidfile = {directory}/fail2ban.pid
dbfile = {directory}/fail2ban.sqlite3
allowipv6 = true
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


def _write_config(config: Path) -> None:
    config.mkdir(parents=True)
    for name in filter(lambda name: (DISTRIBUTION / name).exists(), _STOCK):
        shutil.copy(DISTRIBUTION / name, config)
    for name in _STOCK_DIRECTORIES:
        shutil.copytree(DISTRIBUTION / name, config / name, ignore=shutil.ignore_patterns("*.local"))
    for name in _PACK_DIRECTORIES:
        shutil.copytree(
            REPOSITORY / name, config / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )


class Fail2ban:
    """The server; `jails` is the text of jail.local, `names` the jails that must run."""

    def __init__(self, namespace: Namespace, directory: Path, jails: str, names: tuple[str, ...]) -> None:
        self.directory = directory
        self.log = directory / "fail2ban.log"
        self._namespace, self._names = namespace, names
        self._config = directory / "config"
        _write_config(self._config)
        (self._config / "fail2ban.local").write_text(_SERVER.format(directory=directory))
        (self._config / "jail.local").write_text(jails)
        self._report_here()
        self._child = self._start()

    def _report_here(self) -> None:
        """Let the report action write here; otherwise it writes to the host's own directories."""
        settings = self.directory / "f2b.conf"
        settings.write_text(_SETTINGS.format(directory=self.directory))
        own = self._config / "jail.d" / "ideolab.conf"
        report = f"ideolab-report.py[config={settings}, state={self.directory}/state]"
        own.write_text(own.read_text().replace("ideolab-report.py", report))

    def _start(self) -> Child:
        child = Child(
            self._namespace, self.directory / "output", "fail2ban-server", *self._place(), "-f", "start"
        )
        try:
            child.wait_until(self._is_ready, f"running with the jails {', '.join(self._names)}")
        except LabError as problem:
            child.stop()
            raise LabError(f"{problem}\n{self.tail()}") from problem
        except BaseException:
            child.stop()
            raise
        return child

    def _place(self) -> list[str]:
        directory = self.directory
        return [
            "-c",
            str(self._config),
            "-s",
            f"{directory}/fail2ban.sock",
            "-p",
            f"{directory}/fail2ban.pid",
        ]

    def _is_ready(self) -> bool:
        if not (self.directory / "fail2ban.sock").exists():
            return False
        return all(self._ask("status", name).returncode == 0 for name in self._names)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = self._namespace.command("fail2ban-client", *self._place(), *words)
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment())

    def client(self, *words: str) -> str:
        """Return what `fail2ban-client WORDS` prints; LabError when it fails."""
        done = self._ask(*words)
        if done.returncode:
            raise LabError(f"fail2ban-client {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def restart(self) -> None:
        """Stop the server and start it again, with the same database; return when its jails run."""
        self.stop()
        self._child = self._start()

    def stop(self) -> None:
        """End the server."""
        self._child.stop()

    def complaints(self, count: int = 15) -> str:
        """Return the last warnings and errors of its log."""
        lines = [
            line for line in self.log.read_text().splitlines() if " ERROR " in line or " WARNING " in line
        ]
        return "\n".join(lines[-count:])

    def tail(self, count: int = 15) -> str:
        """Return the last lines of its log."""
        return "\n".join(self.log.read_text().splitlines()[-count:]) if self.log.exists() else ""
