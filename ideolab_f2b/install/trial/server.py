"""A throw-away fail2ban-server on a copy of a configuration, in namespaces in which it can reach nobody."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ideolab_f2b import fail2ban_client, files
from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.places import FAIL2BAN

#: seconds; a server with hundreds of jails takes a while
START_S = 60.0
#: seconds; the actions start in their jails' threads, a moment after the server calls itself ready
SETTLE_S = 0.5
_READY = "Server ready"
#: seconds for a server that has failed to end
_END_S = 5.0

_PRIVATE = ("unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
# The shell actions of all jails (firewalls, mails) do nothing while the server starts: /bin/sh is a program
# that ends at once. Not /bin/true: where that is busybox, the name `sh` makes a shell of it. On a tmpfs:
# /tmp may be noexec; $1 the copy, $2 its place, $3 an empty directory, $4 the interpreter
_INERT = """
mount --bind "$1" "$2" && mount -t tmpfs -o mode=755,size=64k tmpfs "$3" || exit
printf '#!%s -ISc0\\n' "$4" >"$3/inert" && chmod 755 "$3/inert" || exit
for shell in /bin/sh /usr/bin/sh; do
  [ ! -e "$shell" ] || mount --bind "$3/inert" "$shell" || exit
done
/bin/sh -c 'exit 7' || { echo "ERROR: /bin/sh would run commands"; exit 7; }
shift 4 && exec "$@"
"""

#: the exit code of what _INERT tries in vain
_NOT_INERT = 7

_OWN = """\
[Definition]
loglevel = INFO
logtarget = {directory}/log
socket = {directory}/socket
pidfile = {directory}/pid
dbfile = :memory:
"""


def find_obstacle() -> str:
    """Return why no server can be tried here, or "": a container may not make the namespaces and mounts."""
    with tempfile.TemporaryDirectory() as name:
        somewhere = Path(name)
        words = _privately(somewhere, somewhere, somewhere, "/bin/sh", "-c", "exit 7")
        try:
            code = subprocess.run(words, capture_output=True, timeout=20).returncode
        except (OSError, subprocess.SubprocessError):
            code = 1
    if code == _NOT_INERT:
        return "this host's /bin/sh would run the commands of your actions in a trial"
    return "this host allows no namespaces" if code else ""


def _privately(config: Path, place: Path, empty: Path, *words: str) -> list[str]:
    """Return the command that runs words in namespaces, with the configuration in its place and no shell."""
    # the interpreter's own path: what /usr/bin/python3 of a container leads to may be a script
    interpreter = os.path.realpath(sys.executable)
    return [*_PRIVATE, "/bin/sh", "-c", _INERT, "sh", *map(str, (config, place, empty, interpreter)), *words]


class TrialServer:
    """A fail2ban-server that runs from `start` to `stop`, and is asked through its own socket."""

    def __init__(self, directory: Path, library: Path) -> None:
        self._directory, self._library = directory, library
        self.options = ("-s", str(directory / "socket"), "-p", str(directory / "pid"))

    def __enter__(self) -> TrialServer:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it says that it is ready; TrialError when it ends before."""
        config = self._directory / "config"
        (config / "fail2ban.d").mkdir(exist_ok=True)
        # read last of all of them
        own = config / "fail2ban.d" / "zzzz-trial.local"
        files.replace(own, _OWN.format(directory=self._directory).encode(), 0o600)
        empty = self._directory / "empty"
        empty.mkdir(exist_ok=True)
        words = ("fail2ban-server", *self.options, "-xf", "start")
        with open(self._directory / "output", "wb") as output:
            self._process = subprocess.Popen(
                _privately(config, FAIL2BAN, empty, *words),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment(),
                start_new_session=True,
            )  # fmt: skip
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _environment(self) -> dict[str, str]:
        # the package that would be installed, ahead of the one that is
        return {**os.environ, "PYTHONPATH": str(self._library), "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONNOUSERSITE": "1", "IDEOLAB_F2B_TRIAL": "1"}  # fmt: skip

    def _wait(self) -> None:
        until = time.monotonic() + START_S
        while _READY not in self._read("output"):
            if self._process.poll() is not None:
                raise TrialError(fail2ban_client.reason(self._read("output") + self._read("log")))
            if time.monotonic() > until:
                raise TrialError(f"fail2ban-server was not ready after {START_S:.0f} s")
            time.sleep(0.05)

    def jails(self) -> set[str]:
        """Return the jails that run; TrialError when the server has ended, even after it was ready."""
        try:
            return fail2ban_client.jails(self.options)
        except fail2ban_client.ClientError:
            # one that is about to end answers nonsense, or not at all
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_END_S)
            raise TrialError(fail2ban_client.reason(self._read("output") + self._read("log"))) from None

    def _read(self, name: str) -> str:
        path = self._directory / name
        return path.read_text(errors="replace") if path.exists() else ""

    def errors(self, word: str) -> list[str]:
        """Return the errors in the server's log that have a word in them."""
        time.sleep(SETTLE_S)
        lines = [line for line in self._read("log").splitlines() if " ERROR " in line]
        return [fail2ban_client.reason(line) for line in lines if word in line]

    def stop(self) -> None:
        """Kill the server; its namespaces end with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
