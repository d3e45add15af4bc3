"""Connections of every kind between two namespaces, both ends in one process: what sock_diag looks at."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Callable

from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.wait import ENOUGH_S

SERVER4, SERVER6 = "192.0.2.1", "2001:db8:0:1::1"
#: linux/in6.h: binding to an address that only a local route owns
_IPV6_FREEBIND = 78


class Scene:
    """A server and a client namespace, and the sockets that a test made in them."""

    def __init__(self, server: Namespace, client: Namespace, undo: contextlib.ExitStack) -> None:
        self.server, self.client, self._undo = server, client, undo

    def listen(self, address: str, port: int = 443) -> socket.socket:
        """A listener; "::" takes IPv4 clients too, as mapped peers."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.server.enter():
            listener = self._undo.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.settimeout(ENOUGH_S)
        listener.bind((address, port))
        listener.listen(64)
        return listener

    def client_socket(self, source: str, window: int = 0) -> socket.socket:
        """A socket bound to one of the client's addresses; `window` bounds what it takes without reading."""
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with self.client.enter():
            client = self._undo.enter_context(socket.socket(family))
        if family == socket.AF_INET6:
            client.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        if window:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client.settimeout(ENOUGH_S)
        client.bind((source, 0))
        return client

    def connect(self, source: str, port: int = 443, window: int = 0) -> socket.socket:
        """Connect one of the client's addresses to the server."""
        client = self.client_socket(source, window)
        client.connect((SERVER6 if ":" in source else SERVER4, port))
        return client

    def accept(self, listener: socket.socket) -> socket.socket:
        """Accept the next connection."""
        accepted, _peer = listener.accept()
        accepted.settimeout(ENOUGH_S)
        return self._undo.enter_context(accepted)

    def pair(
        self, listener: socket.socket, source: str, port: int = 443, window: int = 0
    ) -> tuple[socket.socket, socket.socket]:
        """(client, accepted): one connection, both ends."""
        client = self.connect(source, port, window)
        return client, self.accept(listener)

    def half_open(self, source: str, port: int = 443) -> socket.socket:
        """A connection in SYN-RECV: what the server answers goes to a neighbour that nobody is."""
        version = ipaddress.ip_address(source).version
        nobody = "2001:db8:0:1::77" if version == 6 else "192.0.2.77"
        neighbour = f"ip neigh replace {nobody} lladdr 02:00:00:00:00:77 dev veth0 nud permanent"
        self.server.run(*neighbour.split())
        self.server.run("ip", f"-{version}", "route", "add", source, "via", nobody)
        client = self.client_socket(source)
        client.setblocking(False)
        client.connect_ex((SERVER6 if version == 6 else SERVER4, port))
        return client

    def fill(self, accepted: socket.socket) -> None:
        """Send until the client's window is shut."""
        accepted.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                accepted.send(bytes(65536))


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    """Make the two namespaces for the time of the `with`."""
    with link_namespaces("f2bsock") as (server, client), contextlib.ExitStack() as undo:
        yield Scene(server, client, undo)


def as_nobody(job: Callable[[], object]) -> str:
    """The repr of what a job gives, or of what it raises, in a child process without any privilege."""
    result, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            text = repr(job())
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(told, text.encode())
        os._exit(0)
    os.close(told)
    with open(result) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return text
