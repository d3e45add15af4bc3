"""A real web server (gunicorn, uvicorn) of a test, on loopback, ended by its own pid."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from demo.lab.child import REPOSITORY
from demo.lab.error import LabError

_STOP_S = 120


class Served:
    """`words` is the server's command; it takes its socket as descriptor `{fd}`."""

    def __init__(self, environment: Mapping[str, str], *words: str, python: str = sys.executable) -> None:
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = listening.getsockname()[1]
        fd = listening.fileno()
        self._state = tempfile.TemporaryDirectory(prefix="f2b-web-")
        self.output = Path(self._state.name, "output")
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", python, *(word.format(fd=fd) for word in words)],
                cwd=REPOSITORY,
                env={**os.environ, "ACCESSLOG_TEST_STATE": self._state.name, **environment},
                pass_fds=[fd],
                stdout=output,
                stderr=output,
            )
        # only the server holds it now: when it dies, nobody waits in vain
        listening.close()
        self.pid = self._process.pid

    def __enter__(self) -> Served:
        # the backlog holds us until a worker has loaded the site
        if self.get("/nope/", timeout_s=120) != 404:
            said = self.output.read_text()[-3000:]
            self.__exit__()
            raise LabError(f"the server does not answer:\n{said}")
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self.stop()
        finally:
            self._state.cleanup()

    def get(self, path: str, timeout_s: float = 10) -> int:
        """Return the status of a page; 0 without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            return response.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def load(self, requests: int, clients: int = 4, path: str = "/ok/") -> Counter[int]:
        """Ask `requests` times, from so many clients at once; return how often each status came."""
        statuses: Counter[int] = Counter()
        lock = threading.Lock()

        def visit() -> None:
            seen = Counter(self.get(path) for _ in range(requests // clients))
            with lock:
                statuses.update(seen)

        threads = [threading.Thread(target=visit) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses

    def workers(self) -> list[int]:
        """Return the processes that the server forked."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def kill_workers(self) -> None:
        """End the workers with SIGKILL; the server starts others."""
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> float:
        """End the server with SIGTERM; return the seconds until it had ended."""
        began = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise LabError(f"the server did not end in {_STOP_S} s") from None
        return time.monotonic() - began


def gunicorn(environment: Mapping[str, str], *options: str, python: str = sys.executable) -> Served:
    """Start gunicorn with the site of the tests."""
    words = ("-m", "gunicorn", "tests.accesslog.wsgi:application", "--bind", "fd://{fd}")
    return Served(environment, *words, "--log-level", "warning", *options, python=python)


def uvicorn(environment: Mapping[str, str], *options: str) -> Served:
    """Start uvicorn with the site of the tests."""
    words = ("-m", "uvicorn", "tests.accesslog.asgi:application", "--fd", "{fd}", "--log-level", "warning")
    return Served(environment, *words, *options)
