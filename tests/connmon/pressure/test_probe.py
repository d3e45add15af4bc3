"""probe: a connection of our own, to servers that hold it and to one that does not."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Optional

from ideolab_f2b.connmon.pressure import probe
from ideolab_f2b.connmon.pressure.probe import Probe, is_refused
from ideolab_f2b.kernel.sockets.listener import Listener

ANY4, ANY6 = Listener(bytes(4), 0, 511), Listener(bytes(16), 0, 511)
ONE = Listener(bytes([192, 0, 2, 1]), 0, 511)


def reset(connection: socket.socket) -> None:
    """End a connection as a server does that has not read what came."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def serve(answers: list[str]) -> int:
    """Listen on a port of the loopback interface: each connection is held or ended, as `answers` says."""
    server = socket.create_server(("127.0.0.1", 0))
    held = []

    def run() -> None:
        with server:
            for answer in answers:
                connection, _peer = server.accept()
                if answer == "hold":
                    held.append(connection)
                elif answer == "reset":
                    reset(connection)
                else:
                    connection.close()
            for connection in held:
                connection.close()

    threading.Thread(target=run, daemon=True).start()
    return int(server.getsockname()[1])


def test_a_server_that_waits_for_a_hello_refuses_nobody() -> None:
    """A full nginx ends the connection; a port where nobody listens says nothing about slots."""
    port = serve(["end", "hold", "reset"])

    assert [is_refused(ANY4, port, seconds) for seconds in (5.0, 0.2, 5.0)] == [True, False, True]
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    assert is_refused(ANY4, unused.getsockname()[1]) is None
    unused.close()


def test_any_address_is_reached_over_the_loopback_interface() -> None:
    """Another one by itself."""
    assert [probe.destination(one) for one in (ANY4, ANY6, ONE)] == ["127.0.0.1", "::1", "192.0.2.1"]


def test_a_refusal_counts_where_a_connection_was_held_before() -> None:
    """A server that always ends silent connections would look full for ever."""
    answers: list[Optional[bool]] = [True, None, False, None, True, False]
    asked = []

    def connect(listener: Listener, port: int) -> Optional[bool]:
        asked.append((listener, port))
        return answers.pop(0)

    one = Probe(443, connect)

    assert one.measure([], 0.0) is None
    assert [one.measure([ONE, ANY4], when) for when in range(6)] == [None, None, False, None, True, False]
    assert set(asked) == {(ANY4, 443)}


def test_the_test_in_peace_comes_once_a_minute_until_it_succeeds() -> None:
    """Where a firewall or the sandbox forbids it, it must not cost time at each snapshot."""
    one = Probe(443, lambda _listener, _port: None)
    assert one.is_untested(5.0)
    one.measure([ANY4], 5.0)
    assert (one.is_untested(64.0), one.is_untested(65.0)) == (False, True)

    two = Probe(443, lambda _listener, _port: False)
    two.measure([ANY4], 5.0)
    assert not two.is_untested(1000.0)
