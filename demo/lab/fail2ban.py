"""A real fail2ban-server in a namespace; all that it reads and writes is in a directory of its own."""

from __future__ import annotations

import json
import pickle
import re
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Optional

from demo.lab import fail2ban_config
from demo.lab.child import Child, environment
from demo.lab.error import LabError
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until

#: the distribution's Python: that one loads the pack, whatever Python runs the lab
_SERVER = ("/usr/bin/python3", "/usr/bin/fail2ban-server")
_CLIENT = ("/usr/bin/python3", "/usr/bin/fail2ban-client")
#: fail2ban's protocol on the socket
_END, _CLOSE = b"<F2B_END_COMMAND>", b"<F2B_CLOSE_COMMAND>"
#: seconds for one answer
_ANSWER_S = 120


class RefusedError(LabError):
    """fail2ban-server answered with an error."""


class Fail2ban:
    """One server; `start` begins it and `stop` ends it.

    `jails` is the text of jail.local, `names` are the jails that run once `start` returns. What else is
    configured is up to `write_config`; `variables` are more variables of the server's environment.
    """

    def __init__(
        self,
        namespace: Namespace,
        directory: Path,
        jails: str = "",
        names: tuple[str, ...] = (),
        *,
        write_config: Callable[[Path], None] = fail2ban_config.write_smallest,
        variables: Mapping[str, str] = {},
    ) -> None:
        self.namespace, self.directory = namespace, directory
        self.variables = dict(variables)
        #: what stands before the server's command line
        self.wrapper: tuple[str, ...] = ()
        self.config = directory / fail2ban_config.CONFIG
        self.log = directory / fail2ban_config.LOG
        self.socket = directory / fail2ban_config.SOCKET
        self.pid_file = directory / fail2ban_config.PID
        self.database = directory / fail2ban_config.DATABASE
        self.settings = directory / fail2ban_config.SETTINGS
        self.state = directory / fail2ban_config.STATE
        self.report_action = fail2ban_config.report_action(directory)
        #: the logs of the pack's jails where jail.local names no others
        self.connmon_log = directory / "connmon.log"
        self.manual_log = directory / "manual.log"
        self._names = names
        self._output = directory / "output"
        self._child: Optional[Child] = None
        write_config(directory)
        for log in (self.connmon_log, self.manual_log):
            log.touch()
        self.configure(jails)

    def configure(self, jails: str) -> None:
        """Replace jail.local; the next start, restart or reload reads it."""
        (self.config / "jail.local").write_text(jails)

    def start(self) -> Fail2ban:
        """Start the server and return it once it is ready; LabError when it ends or takes too long."""
        # what an earlier start printed would count as ready
        self._output.write_bytes(b"")
        words = (*self.wrapper, *_SERVER, *self._options(), "-f", "start")
        self._child = Child(self.namespace, self._output, *words, variables=self.variables)
        try:
            self.wait_until(self._is_ready, f"a ready server with {', '.join(self._names) or 'its jails'}")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the server; nothing happens when none runs."""
        if self._child is not None:
            self._child.stop()

    def restart(self) -> None:
        """Stop the server and start it again with the same database; return when its jails run."""
        self.stop()
        self.start()

    def wait_for_restored(self, jail: str, count: int) -> None:
        """Return when a jail has so many bans back after a restart: only then they can be lifted."""
        self.wait_until(
            lambda: self.read_stats(jail).get("restored", 0) >= count, f"{count} restored bans of {jail}"
        )

    def reload(self) -> None:
        """Let the server read its configuration again."""
        self.run_client("reload")

    def is_running(self) -> bool:
        """Whether the server was started and has not ended."""
        return self._child is not None and self._child.is_alive()

    def read_pid(self) -> int:
        """Return the number of the server's own process, which is not always what started it."""
        return int(self.pid_file.read_text())

    def wait_until(self, is_so: Callable[[], object], what: str) -> None:
        """Return when it is so; LabError with the end of the log when it takes long or the server ends."""
        wait_until(is_so, lambda: f"missing: {what}\n{self._tell()}", is_alive=self.is_running)

    def wait_for_log(self, pattern: str) -> None:
        """Return when a line of the log matches the pattern."""
        self.wait_until(lambda: re.search(pattern, self.log.read_text()), f"{pattern!r} in the log")

    def wait_for_rules(self, *jails: str) -> None:
        """Return when the ban actions of the jails have started: each jail starts its own in a thread."""
        self.wait_until(lambda: all(map(self.has_rules, jails)), f"the rules of {', '.join(jails)}")

    def _is_ready(self) -> bool:
        try:
            is_up = self.ask("ping") == "pong" and "Server ready" in self._output.read_text()
            return is_up and set(self._names) <= self._find_jails()
        except (OSError, EOFError, RefusedError):
            return False

    def _find_jails(self) -> set[str]:
        return set(str(dict(self.ask("status"))["Jail list"]).replace(",", " ").split())

    def client_command(self, *words: str) -> list[str]:
        """Return the command line of fail2ban-client for this server, to be run in any namespace."""
        return [*_CLIENT, *self._options(), *words]

    def _options(self) -> tuple[str, ...]:
        return ("-c", str(self.config), "-s", str(self.socket), "-p", str(self.pid_file))

    def try_client(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run fail2ban-client as an administrator types it, whatever its exit code is."""
        command = self.namespace.command(*self.client_command(*words))
        return subprocess.run(
            command, capture_output=True, text=True, timeout=_ANSWER_S, env=environment(), check=False
        )

    def run_client(self, *words: str) -> str:
        """Return what `fail2ban-client WORDS` prints; LabError when it fails."""
        done = self.try_client(*words)
        if done.returncode:
            raise LabError(f"fail2ban-client {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def ask(self, *words: object) -> Any:
        """Return the server's answer to a command, without a process; RefusedError when it is an error."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(_ANSWER_S)
            link.connect(str(self.socket))
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
            raise RefusedError(str(value))
        return value

    def find_banned(self, jail: str) -> list[str]:
        """Return the addresses and networks of fail2ban's own list, sorted."""
        return sorted(str(each) for each in self.ask("get", jail, "banip"))

    def read_stats(self, jail: str, action: str = "ideolab-ban") -> dict[str, Any]:
        """Return what an action of the pack counts and knows."""
        told: dict[str, Any] = json.loads(self.ask("get", jail, "action", action, "stats"))
        return told

    def has_rules(self, jail: str) -> bool:
        """Whether the jail's ban action has done what it does at its start."""
        rules = self.read_stats(jail)["rules"]
        return bool(rules) and set(rules.values()) == {"in place"}

    def find_complaints(self, count: int = 15) -> str:
        """Return the last warnings and errors of the log."""
        lines = [
            line for line in self.log.read_text().splitlines() if " ERROR " in line or " WARNING " in line
        ]
        return "\n".join(lines[-count:])

    def tail(self, count: int = 40) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text().splitlines()[-count:]) if self.log.exists() else ""

    def _tell(self) -> str:
        return f"{self._output.read_text()}\n{self.tail()}"
