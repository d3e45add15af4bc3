"""A real nginx with one worker and 512 connections, an application behind it, and clients of every kind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from demo.attacker import NAME, client_hello, connect, tls_context
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import MAIN, TEMPORARY, TLS, Nginx
from demo.lab.wait import ENOUGH_S
from ideolab_f2b.connmon.pressure.state import SlotUse
from ideolab_f2b.kernel.sockets import row, sock_diag

CONNECTIONS = 512
#: two listeners and the worker's channel to its master take the others
MOST = CONNECTIONS - 3
TEMPLATE = (
    MAIN
    + "http {{\n"
    + TEMPORARY
    + """
    access_log off;
    keepalive_timeout 300s;
    client_header_timeout 300s;
    server {{
        listen 443 ssl default_server;
        listen [::]:443 ssl default_server;
"""
    + TLS
    + """\
        root {directory}/www;
        location /events {{ proxy_pass http://127.0.0.1:8000; proxy_buffering off; proxy_read_timeout 300s; }}
    }}
}}
"""
)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"


class Place:
    """Both namespaces, and all sockets that the test made."""

    def __init__(
        self, server: Namespace, client: Namespace, nginx: Nginx, undo: contextlib.ExitStack
    ) -> None:
        self.server, self._client, self._nginx, self._undo = server, client, nginx, undo
        self._context, self._hello = tls_context(), client_hello()

    def fill(self) -> None:
        """Take all slots by half hellos; nginx closes some that it has accepted and not read yet."""
        deadline = time.monotonic() + ENOUGH_S
        while self.use(reusable=False).slots < MOST and time.monotonic() < deadline:
            self.open(64, Place.half_hello)
            time.sleep(0.1)

    def open(
        self, count: int, kind: Callable[[Place, str], socket.socket], network: str = "198.51.100"
    ) -> None:
        """Open connections that stay open; those that a full nginx refuses are left out."""
        with self._client.enter():
            for number in range(count):
                with contextlib.suppress(OSError):
                    self._undo.enter_context(kind(self, f"198.51.100.{1 + number % 200}"))

    @contextlib.contextmanager
    def stop_worker(self) -> Iterator[None]:
        """Let nginx accept nothing during `with`."""
        master = self._nginx.pid
        [worker] = map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    def close(self) -> None:
        """Close all connections of the test."""
        self._undo.close()

    def mute(self, address: str) -> socket.socket:
        """Connect and say nothing."""
        return connect(address)

    def half_hello(self, address: str) -> socket.socket:
        """Send half of a hello."""
        client = connect(address)
        client.sendall(self._hello[:200])
        return client

    def idle(self, address: str) -> socket.socket:
        """Ask for a page, and keep the connection."""
        return self._ask(address, "/")

    def events(self, address: str) -> socket.socket:
        """Ask for an answer that never ends."""
        return self._ask(address, "/events")

    def _ask(self, address: str, path: str) -> socket.socket:
        client = self._context.wrap_socket(connect(address), server_hostname=NAME)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        if not client.recv(4096):
            raise OSError("refused")
        return client

    def visit(self, address: str, *, late_goodbye: bool = False) -> bool:
        """Load a page on a connection of its own, and return whether it came; a late goodbye is an abort."""
        try:
            with (
                self._client.enter(),
                self._context.wrap_socket(connect(address), server_hostname=NAME) as one,
            ):
                one.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
                is_served = one.recv(4096).startswith(b"HTTP/1.1 200")
                while one.recv(65536):
                    pass
                if late_goodbye:
                    with contextlib.suppress(OSError, ssl.SSLError):
                        one.unwrap()
                return is_served
        except OSError:
            return False

    def use(self, *, reusable: bool) -> SlotUse:
        """Return what a snapshot says; `reusable`: nginx may close what is there."""
        with self.server.enter():
            found = [row.Connection(*one) for one in sock_diag.rows(443)]
        open_ones = [one for one in found if one.state in (row.ESTABLISHED, row.CLOSE_WAIT)]
        slots = sum(one.inode != 0 for one in open_ones)
        waiting = sum(one.inode == 0 and one.lastack_ms >= 1000 for one in open_ones)
        return SlotUse(slots, slots if reusable else 0, waiting)


def _serve(listener: socket.socket, held: list[socket.socket]) -> None:
    """Answer each request by an answer that does not end."""
    with contextlib.suppress(OSError):
        while True:
            connection, _peer = listener.accept()
            held.append(connection)
            connection.recv(4096)
            connection.sendall(_ANSWER)


def _close(held: list[socket.socket]) -> None:
    for one in held:
        one.close()


@contextlib.contextmanager
def place(prefix: str) -> Iterator[Place]:
    """nginx and the application, for the time of the `with`."""
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        directory.chmod(0o755)
        server, client = undo.enter_context(link_namespaces(prefix))
        with server.enter():
            listener = undo.enter_context(socket.create_server(("127.0.0.1", 8000), backlog=512))
        held: list[socket.socket] = []
        undo.callback(_close, held)
        undo.callback(lambda: listener.shutdown(socket.SHUT_RDWR))
        threading.Thread(target=_serve, args=(listener, held), daemon=True).start()
        nginx = Nginx(server, directory / "nginx", CONNECTIONS, TEMPLATE)
        undo.callback(nginx.stop)
        with contextlib.ExitStack() as clients:
            yield Place(server, client, nginx, clients)
