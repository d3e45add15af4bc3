"""Legitimate clients: what they ask for must come, whole and in time, whatever happens to others."""

from __future__ import annotations

import http.client
import itertools
import socket
import threading
import time
from typing import Optional

from demo.attacker import NAME, PORT, tls_context
from demo.lab.namespace import SERVERS, Namespace
from demo.lab.nginx import PAGES

_ANSWER_S = 5.0


class Visitor:
    """One keep-alive connection of one address (IPv4)."""

    def __init__(self, address: str, answer_s: float = _ANSWER_S) -> None:
        self._connection = http.client.HTTPSConnection(
            SERVERS[socket.AF_INET],
            PORT,
            timeout=answer_s,
            source_address=(address, 0),
            context=tls_context(),
        )

    def get(self, path: str) -> float:
        """Return the seconds until the page was whole; OSError or HTTPException when it did not come."""
        begun = time.monotonic()
        try:
            self._connection.request("GET", path, headers={"Host": NAME})
            answer = self._connection.getresponse()
            body = answer.read()
        except BaseException:
            self._connection.close()
            raise
        if answer.status != 200 or body != PAGES[path]:
            raise http.client.HTTPException(f"{path}: status {answer.status}, {len(body)} bytes")
        return time.monotonic() - begun

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def visit(namespace: Namespace, address: str, answer_s: float = _ANSWER_S) -> float:
    """Return the seconds that a new client needs for its first page."""
    visitor = Visitor(address, answer_s)
    try:
        with namespace.enter():
            return visitor.get("/")
    finally:
        visitor.close()


class Nat:
    """An address with many people behind it: most connections busy, every third one quiet for long."""

    def __init__(self, address: str, connections: int = 30, pages_per_s: float = 15) -> None:
        self.address = address
        self.requests = 0
        self.slowest = 0.0
        self.failures: list[str] = []
        self._pause_s = 1 / pages_per_s
        self._visitors = [Visitor(address) for _number in range(connections)]
        self._stop = threading.Event()
        self._thread: Optional[threading.Thread] = None

    @property
    def connections(self) -> int:
        """The number of its connections."""
        return len(self._visitors)

    def start(self, namespace: Namespace) -> None:
        """Begin, in a thread that is in this namespace."""
        self._thread = threading.Thread(target=self._run, args=(namespace,), name="NAT client", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close all connections and wait for the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, namespace: Namespace) -> None:
        paths = itertools.cycle(PAGES)
        busy = itertools.cycle([one for number, one in enumerate(self._visitors) if number % 3])
        with namespace.enter():
            for visitor in self._visitors:
                self._ask(visitor, next(paths))
            while not self._stop.wait(self._pause_s):
                self._ask(next(busy), next(paths))
            for visitor in self._visitors[::3]:
                self._ask(visitor, next(paths))
        for visitor in self._visitors:
            visitor.close()

    def _ask(self, visitor: Visitor, path: str) -> None:
        self.requests += 1
        try:
            self.slowest = max(self.slowest, visitor.get(path))
        except (OSError, http.client.HTTPException) as problem:
            self.failures.append(f"{path}: {type(problem).__name__}: {problem}")
