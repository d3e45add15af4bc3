"""Datagrams from many addresses while a list changes: which of them arrived that had to, or had not."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from demo.lab.namespace import SERVERS, Namespace
from tests.actions.conftest import bind_any

_NUMBER = struct.Struct("!IB")
#: datagrams between two pauses, and seconds of a pause: the receiver's buffer is not to run over
_BURST, _PAUSE_S = 50, 0.004
#: seconds that the last datagrams are waited for
_LAST_S = 1.0


class Verdicts(NamedTuple):
    """How many datagrams were sent, how many of those that are let in got lost, how many others arrived."""

    sent: int
    lost: int
    leaked: int


class Receiver:
    """Collects the numbers of the datagrams that arrive in a namespace."""

    def __init__(self, server: Namespace, port: int, undo: contextlib.ExitStack) -> None:
        self.arrived: set[int] = set()
        self._end = threading.Event()
        self._threads = []
        for family, address in SERVERS.items():
            with server.enter():
                own = undo.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            # SO_RCVBUFFORCE
            own.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
            own.settimeout(0.1)
            own.bind((address, port))
            self._threads.append(threading.Thread(target=self._receive, args=(own,)))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _receive(self, own: socket.socket) -> None:
        while True:
            try:
                self.arrived.add(_NUMBER.unpack(own.recv(64))[0])
            except socket.timeout:
                if self._end.is_set():
                    return


def probe(
    server: Namespace,
    client: Namespace,
    port: int,
    let_in: Sequence[str],
    refused: Sequence[str],
    change: Callable[[int], object],
    least: int,
) -> Verdicts:
    """Send from all these addresses by turns while `change` is called, until `least` are sent."""
    with contextlib.ExitStack() as undo:
        receiver = Receiver(server, port, undo)
        senders = list(
            _open(client, port, [(one, True) for one in let_in] + [(one, False) for one in refused], undo)
        )
        sent: list[bool] = []
        end = threading.Event()

        def send() -> None:
            while not end.is_set():
                is_let_in, own = senders[len(sent) % len(senders)]
                own.send(_NUMBER.pack(len(sent), 0))
                sent.append(is_let_in)
                if len(sent) % _BURST == 0:
                    time.sleep(_PAUSE_S)

        sender = threading.Thread(target=send)
        sender.start()
        turn = 0
        try:
            with server.enter():
                while len(sent) < least or turn < 2:
                    change(turn)
                    turn += 1
        finally:
            end.set()
            sender.join()
            time.sleep(_LAST_S)
            receiver.stop()
    arrived = receiver.arrived
    lost = sum(1 for number, is_let_in in enumerate(sent) if is_let_in and number not in arrived)
    leaked = sum(1 for number, is_let_in in enumerate(sent) if not is_let_in and number in arrived)
    return Verdicts(len(sent), lost, leaked)


def _open(
    client: Namespace, port: int, sources: Sequence[tuple[str, bool]], undo: contextlib.ExitStack
) -> Iterator[tuple[bool, socket.socket]]:
    for source, is_let_in in sources:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with client.enter():
            own = undo.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        bind_any(own, source)
        own.connect((SERVERS[family], port))
        yield is_let_in, own
