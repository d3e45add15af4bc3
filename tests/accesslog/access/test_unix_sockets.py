"""The client's address behind a unix socket of real servers, with nginx's header and without."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.wait import wait_until

CLIENT = "198.51.100.9"
_WSGI, _ASGI = "tests.accesslog.wsgi:application", "tests.accesslog.asgi:application"
#: the commands; {socket} is the path
SERVERS = {
    "gunicorn": ("-m", "gunicorn", _WSGI, "--bind", "unix:{socket}"),
    "uvicorn": ("-m", "uvicorn", _ASGI, "--uds", "{socket}"),
    # by default it deletes the header
    "waitress": ("-m", "waitress", "--unix-socket={socket}", "--no-clear-untrusted-proxy-headers", _WSGI),
    # it puts the client in the place of the peer
    "waitress that reads the header": (
        *("-m", "waitress", "--unix-socket={socket}", "--trusted-proxy=localhost"),
        *("--trusted-proxy-headers=x-forwarded-for", _WSGI),
    ),
}


class UnixConnection(http.client.HTTPConnection):
    """HTTP on a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("site.example", timeout=60)
        self._path = path

    def connect(self) -> None:
        """Connect to the path."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@contextlib.contextmanager
def serve(directory: Path, words: tuple[str, ...]) -> Iterator[Path]:
    """Start a server on a unix socket in this directory; it ends by its own pid."""
    path = directory / "socket"
    command = [
        "setpriv",
        "--pdeathsig",
        "TERM",
        sys.executable,
        *(word.format(socket=path) for word in words),
    ]
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
        "DJANGO_ACCESSLOG_TRUST_UNIX_SOCKET": "true",
    }
    environment = {**os.environ, "ACCESSLOG_TEST_STATE": str(directory), "DJANGO_ACCESSLOG_ENABLED": "false"}
    server = subprocess.Popen(command, cwd=REPOSITORY, env={**environment, **settings})
    try:
        wait_until(lambda: path.exists() or server.poll() is not None, f"the socket of {words[1]}")
        assert server.poll() is None
        yield path
    finally:
        server.terminate()
        server.wait(60)


def ask(path: Path, headers: dict[str, str]) -> Any:
    """Return what the site says of its client."""

    def is_there() -> bool:
        try:
            connection.connect()
        except ConnectionRefusedError:
            # bound, and not yet listening
            return False
        return True

    connection = UnixConnection(path)
    wait_until(is_there, "the server listens")
    connection.request("GET", "/client/", headers=headers)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


@pytest.mark.parametrize("name", SERVERS)
def test_the_header_of_the_proxy_names_the_client(name: str, tmp_path: Path) -> None:
    """With ACCESSLOG_TRUST_UNIX_SOCKET; nobody is the client where the header is missing or no address."""
    with serve(tmp_path, SERVERS[name]) as path:
        named = ask(path, {"X-Forwarded-For": f"203.0.113.66, {CLIENT}"})
        others = [ask(path, {}), ask(path, {"X-Forwarded-For": "unix:"})]

    assert named == {"ip": CLIENT, "certain": True}
    assert others == [{"ip": None, "certain": False}] * 2
