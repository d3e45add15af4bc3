"""The connections that the kernel says a target has."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_network
from typing import Any

import pytest

from ideolab_accesslog.dashboard.detail import connections
from ideolab_accesslog.dashboard.detail.connections import ConnectionCount, count_connections


def test_connections_are_counted() -> None:
    """Of the address alone; a client of a dual-stack listener is an IPv4 one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            found = [
                count_connections(ip_network(text), port).value
                for text in ("127.0.0.1", "127.0.0.0/24", "198.51.100.7", "::/64")
            ]
            text = count_connections(ip_network("127.0.0.1"), port)

    assert found == [2, 2, 0, 0]
    assert text == ConnectionCount(2, "ok", f"To port {port}, now.")


def test_more_than_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk ends, and the text says so."""
    monkeypatch.setattr(connections, "MOST", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            found = count_connections(ip_network("127.0.0.1"), port)

    assert found == ConnectionCount(1, "ok", f"At least so many, to port {port}.")


def test_nobody_listens_here() -> None:
    """A container sees no connection of the host: unknown, which is not 0."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    found = count_connections(ip_network("198.51.100.7"), port)

    assert (found.value, found.state) == (None, "unknown")
    assert f"nobody listens on port {port}" in found.text


def test_an_as_has_many_networks() -> None:
    """Which the site does not know."""
    assert count_connections(None).state == "unknown"


def test_a_kernel_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it says is shown."""

    def refuse(_port: int) -> Any:
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    monkeypatch.setattr("ideolab_f2b.kernel.sockets.listener.listeners", refuse)
    assert count_connections(ip_network("198.51.100.7")) == ConnectionCount(
        None, "unknown", "Unknown: [Errno 93] Protocol not supported"
    )
