"""A database server of a test: a directory of its own below /tmp, a unix socket, no port, no data kept."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from demo.lab.error import LabError
from demo.lab.wait import wait_until

#: seconds from the signal to SIGKILL
_STOP_S = 60


class Server:
    """One daemon that runs as `user` when we are root (both servers refuse to be root)."""

    def __init__(self, name: str, user: str) -> None:
        # not below pytest's tmp_path, which only root may enter; short, because a socket's path is bounded
        self.directory = Path(tempfile.mkdtemp(prefix=f"f2b-{name}-"))
        self.name, self._user = name, user
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam(user)
            except KeyError as error:
                raise LabError(f"there is no user {user}; install the packages of scripts/test") from error
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)

    def _command(self, *words: str) -> list[str]:
        before = ["setpriv", "--pdeathsig", "TERM"]
        if os.geteuid() == 0:
            before += ["--reuid", self._user, "--regid", self._user, "--init-groups"]
        return [*before, *words]

    def run(self, *words: str) -> str:
        """Return what a program of the server prints; LabError when it fails."""
        try:
            done = subprocess.run(
                self._command(*words), capture_output=True, text=True, timeout=120, cwd=self.directory
            )
        except FileNotFoundError as error:
            raise LabError(f"{error.filename} is missing; install the packages of scripts/test") from error
        if done.returncode:
            raise LabError(f"{' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def launch(self, is_ready: Callable[[], bool], *words: str) -> None:
        """Start the daemon and return when it answers."""
        with open(self.directory / "output", "ab") as output:
            self._process = subprocess.Popen(
                self._command(*words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                start_new_session=True,
            )
        try:
            wait_until(is_ready, self._silence, is_alive=self._is_alive)
        except BaseException:
            self.halt(signal.SIGKILL)
            raise

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _silence(self) -> str:
        tail = (self.directory / "output").read_text(errors="replace")[-2000:]
        return f"{self.name} does not answer:\n{tail}"

    def halt(self, number: signal.Signals) -> None:
        """End the daemon; its data stay, so that it can be launched again."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)
        self._process = None

    def remove(self) -> None:
        """End the daemon and delete all it had."""
        self.halt(signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)
