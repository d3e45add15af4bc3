"""A real fail2ban-server in a namespace of the test, with the smallest configuration that holds the pack."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Optional

from demo.lab.namespace import Namespace

REPOSITORY = Path(__file__).resolve().parents[2]
#: the distribution's: that one loads the pack, whatever Python runs the tests
SERVER = ("/usr/bin/python3", "/usr/bin/fail2ban-server")
_END, _CLOSE = b"<F2B_END_COMMAND>", b"<F2B_CLOSE_COMMAND>"

_FAIL2BAN = """\
[DEFAULT]
loglevel = {loglevel}
logtarget = {directory}/fail2ban.log
syslogsocket = auto
socket = {directory}/s
pidfile = {directory}/pid
dbfile = {directory}/db
dbmaxmatches = 10
dbpurgeage = 1d
allowipv6 = true

[Definition]

[Thread]
"""
_DEFAULTS = """\
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


class Refused(Exception):
    """fail2ban-server answered with an error."""


def wait_until(
    is_so: Callable[[], object],
    what: str,
    seconds: float = 120.0,
    tell: Callable[[], str] = str,
    every_s: float = 0.01,
) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}\n{tell()}")
        time.sleep(every_s)


class Server:
    """`jails` is the text of jail.local; each of the pack's logs is in `directory`."""

    def __init__(
        self,
        namespace: Namespace,
        directory: Path,
        jails: str = "",
        loglevel: str = "INFO",
        environment: Optional[dict[str, str]] = None,
        command: tuple[str, ...] = SERVER,
    ) -> None:
        self.directory, self.namespace, self.command = directory, namespace, command
        self.config = directory / "config"
        self.log = directory / "fail2ban.log"
        self.connmon_log = directory / "connmon.log"
        self.manual_log = directory / "manual.log"
        self.environment = {"PYTHONPATH": str(REPOSITORY), **(environment or {})}
        self.settings, self.state = directory / "f2b.conf", directory / "state"
        #: the report action, which else writes to the host's own directories
        self.report = f"ideolab-report.py[config={self.settings}, state={self.state}]"
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._write(loglevel)
        self.configure(jails)

    def _write(self, loglevel: str) -> None:
        for name in ("action.d", "filter.d", "jail.d"):
            shutil.copytree(
                REPOSITORY / name, self.config / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        settings = _FAIL2BAN.format(directory=self.directory, loglevel=loglevel)
        (self.config / "fail2ban.conf").write_text(settings)
        (self.config / "jail.conf").write_text(_DEFAULTS)
        for log in (self.connmon_log, self.manual_log):
            log.touch()
        own = self.config / "jail.d" / "ideolab.conf"
        text = own.read_text().replace("/var/log/ideolab", str(self.directory))
        own.write_text(text.replace("ideolab-report.py", self.report))
        self.settings.write_text(
            "[origin]\ncymru_host =\nipwhois = 0\n"
            f"[paths]\nlog_dir = {self.directory}\nstate_dir = {self.directory}\n"
            f"textfile_dir = {self.directory}\n"
        )

    def configure(self, jails: str) -> None:
        (self.config / "jail.local").write_text(jails)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, wait: bool = True) -> Server:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
        with open(self.directory / "output", "wb") as output:
            self._process = subprocess.Popen(
                self.namespace.command(*self.command, *self.place(), "-f", "start"),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **self.environment},
            )  # fmt: skip
        if wait:
            wait_until(self._is_ready, "fail2ban-server is up", 15, self.tail)
        return self

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"fail2ban-server ended: {self.output()}\n{self.tail()}")
        try:
            return self.ask("ping") == "pong" and "Server ready" in self.output()
        except (OSError, EOFError):
            return False

    def place(self) -> list[str]:
        return ["-c", str(self.config), "-s", f"{self.directory}/s", "-p", f"{self.directory}/pid"]

    def client(self, *words: str) -> subprocess.CompletedProcess[str]:
        """fail2ban-client as an administrator types it; needed for what reads the configuration."""
        words = (self.command[0], self.command[-1].replace("-server", "-client"), *self.place(), *words)
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        return subprocess.run(
            self.namespace.command(*words), capture_output=True, text=True, timeout=120, env=environment,
            check=False,
        )  # fmt: skip

    def ask(self, *words: object) -> Any:
        """The answer to a command over the socket, without a process; Refused when it is an error."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(120)
            link.connect(f"{self.directory}/s")
            plain = [each if isinstance(each, list) else str(each) for each in words]
            link.sendall(pickle.dumps(plain, 2) + _END)
            answer = b""
            while not answer.endswith(_END):
                part = link.recv(65536)
                if not part:
                    raise EOFError("fail2ban-server closed the socket")
                answer += part
            link.sendall(_CLOSE + _END)
        told = pickle.loads(answer[: -len(_END)])  # noqa: S301 (our own server)
        if len(told) != 2:
            # ["SHUTDOWN"] before newer releases are ready
            raise EOFError(f"fail2ban-server answered {told}")
        code, value = told
        if code:
            raise Refused(str(value))
        return value

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    def restart(self) -> None:
        self.stop()
        self.log.write_text("")
        self.start()

    def reload(self) -> None:
        done = self.client("reload")
        assert done.returncode == 0, done.stdout + done.stderr

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def write(self, log: Path, *lines: str) -> None:
        with open(log, "a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def output(self) -> str:
        return (self.directory / "output").read_text()

    def tail(self, count: int = 40) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text().splitlines()[-count:])

    def wait_log(self, pattern: str, seconds: float = 15.0) -> None:
        wait_until(lambda: re.search(pattern, self.tail(100000)), repr(pattern), seconds, self.tail)

    def banned(self, jail: str) -> list[str]:
        return sorted(str(each) for each in self.ask("get", jail, "banip"))

    def has_rules(self, jail: str) -> bool:
        """Whether the jail's action has done what it does at its start."""
        told = json.loads(self.stats(jail))
        return bool(told["rules"]) and set(told["rules"].values()) == {"in place"}

    def report_stats(self, jail: str = "ideolab-connmon") -> str:
        return str(self.ask("get", jail, "action", "ideolab-report", "stats"))

    def server_pid(self) -> int:
        """Of fail2ban-server itself, not of what started it."""
        return int((self.directory / "pid").read_text())

    def stats(self, jail: str) -> str:
        return str(self.ask("get", jail, "action", "ideolab-ban", "stats"))


def stamp(ago_s: float = 0.0) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(time.time() - ago_s))


def suspect(address: str, ago_s: float = 0.0) -> str:
    """A line of connmon.log as connmon writes it."""
    kind = "scope=net score=4 addresses=61" if "/" in address else "scope=ip score=5"
    return f"{stamp(ago_s)} connmon: suspect {address} {kind} connections=240 mute=240 port=443"


def by_hand(network: str, ttl: str, ago_s: float = 0.0) -> str:
    """A line of manual.log."""
    return f'{stamp(ago_s)} manual: ban {network} ttl={ttl} actor="alice"'
