"""Keep-alive connections of clients, and which of them still get an answer."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, wait

from demo.attacker import NAME, tls_context
from demo.lab.namespace import SERVERS, Namespace
from demo.lab.nginx import PAGES
from demo.lab.wait import wait_until

#: linux/in6.h: binding to an address that only a local route owns
_IPV6_FREEBIND = 78
#: seconds; an answer that shall not come had its time once the others came, and a moment more
_PATIENCE_S, _GRACE_S = 30.0, 0.5
_REQUEST = f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()


class Flow:
    """A connection of `source` to a port of the server, made when it first asks."""

    def __init__(self, client: Namespace, source: str, port: int, patience_s: float = _PATIENCE_S) -> None:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with client.enter():
            self._plain = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET6:
            self._plain.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        self._plain.bind((source, 0))
        self._plain.settimeout(patience_s)
        self._server = (SERVERS[family], port)
        self._tls: ssl.SSLSocket | None = None

    def ask(self) -> str:
        """Return "served" when a page comes, "unanswered" when not."""
        try:
            if self._tls is None:
                self._plain.connect(self._server)
                self._tls = tls_context().wrap_socket(self._plain, do_handshake_on_connect=False)
                self._tls.do_handshake()
            self._tls.sendall(_REQUEST)
            return "served" if self._has_page(self._tls) else "unanswered"
        except OSError:
            return "unanswered"

    def _has_page(self, tls: ssl.SSLSocket) -> bool:
        answer = b""
        while not answer.endswith(PAGES["/"]):
            part = tls.recv(65536)
            answer += part
            if not part or not answer.startswith(b"HTTP/1.1 200 "):
                return False
        return True

    def close(self) -> None:
        """End the connection; who waits for its answer waits no longer."""
        for one in (self._tls, self._plain):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()


def wait_for_page(client: Namespace, source: str, port: int) -> None:
    """Return when a new client is served."""

    def is_served() -> bool:
        flow = Flow(client, source, port, 1.0)
        try:
            return flow.ask() == "served"
        finally:
            flow.close()

    wait_until(is_served, f"nobody serves {source} at port {port}")


def ask_all(flows: Mapping[str, Flow], awaited: Collection[str] = ()) -> dict[str, str]:
    """Ask all at once; return what became of each. The `awaited` are given time, the others a moment more."""
    with ThreadPoolExecutor(len(flows)) as pool:
        asked = {name: pool.submit(flow.ask) for name, flow in flows.items()}
        wait([asked[name] for name in awaited])
        wait(asked.values(), 0 if set(awaited) == set(flows) else _GRACE_S)
        found = {name: one.result() if one.done() else "unanswered" for name, one in asked.items()}
        for name, one in asked.items():
            if not one.done():
                flows[name].close()
        return found
