"""exchange: one request and its answer, within one deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ideolab_f2b.origin.exchange import Deadline, Exchange, ExchangeError


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """On loopback; its port is free."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def answer(listener: socket.socket, text: bytes) -> threading.Thread:
    def serve() -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(text)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_the_answer_comes_until_the_server_closes(listener: socket.socket) -> None:
    """In pieces of any size."""
    server = answer(listener, b"one\ntwo\n")
    exchange = Exchange("127.0.0.1", listener.getsockname()[1])

    assert b"".join(exchange.pieces(b"?\n", Deadline(time.monotonic() + 20), 100)) == b"one\ntwo\n"
    server.join(20)


def test_a_long_answer_is_refused(listener: socket.socket) -> None:
    """At the first byte above the limit."""
    answer(listener, b"x" * 101)
    exchange = Exchange("127.0.0.1", listener.getsockname()[1])

    with pytest.raises(ExchangeError, match="the answer is too long"):
        list(exchange.pieces(b"?\n", Deadline(time.monotonic() + 20), 100))


def test_a_silent_server_has_until_the_deadline(listener: socket.socket) -> None:
    """The connection stands, and no byte comes."""
    exchange = Exchange("127.0.0.1", listener.getsockname()[1])

    with pytest.raises(ExchangeError, match="no complete answer in time"):
        list(exchange.pieces(b"?\n", Deadline(time.monotonic() + 0.2), 100))


def test_a_deadline_comes_nearer_and_never_farther() -> None:
    """Whoever has all rows shortens it."""
    deadline = Deadline(time.monotonic() + 100)
    deadline.shorten(50)
    deadline.shorten(80)
    assert 40 < deadline.remaining_s() <= 50

    deadline.shorten(-1)
    with pytest.raises(ExchangeError, match="no complete answer in time"):
        deadline.remaining_s()


def test_a_closed_port_is_no_connection(listener: socket.socket) -> None:
    """The error says how far it came."""
    port = listener.getsockname()[1]
    listener.close()

    with pytest.raises(ExchangeError, match=r"no connection: .*refused"):
        list(Exchange("127.0.0.1", port).pieces(b"?\n", Deadline(time.monotonic() + 20), 100))
