"""Connections by inode, of this kernel, over loopback."""

from __future__ import annotations

import os
import socket
import struct
from ipaddress import ip_address

import pytest

from ideolab_f2b.kernel.sockets import inodes
from ideolab_f2b.kernel.sockets.inet_diag import DumpError
from ideolab_f2b.kernel.sockets.inodes import TcpConnection


def inode(own: socket.socket) -> int:
    return os.fstat(own.fileno()).st_ino


@pytest.mark.parametrize(("family", "bound", "peer"), [
    (socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "::1"),
    (socket.AF_INET6, "::", "127.0.0.1"),
])  # fmt: skip
def test_a_connection(family: socket.AddressFamily, bound: str, peer: str) -> None:
    """Both ends of it, each with who listens on its own port; an IPv4 client of an IPv6 socket has IPv4."""
    with socket.socket(family) as listener:
        if bound == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((bound, 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        with socket.create_connection((peer, port), 10) as client, listener.accept()[0] as accepted:
            found = {each.inode: each for each in inodes.connections([inode(client), inode(accepted), 1])}

            assert found == {
                inode(accepted): TcpConnection(
                    inode(accepted), ip_address(peer), port, frozenset((inode(listener),))
                ),
                inode(client): TcpConnection(
                    inode(client), ip_address(peer), client.getsockname()[1], frozenset()
                ),
            }


def test_sockets_that_are_none() -> None:
    """A listener, a UNIX socket and nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as other:
        assert inodes.connections([inode(listener), inode(other), 0]) == []
    assert inodes.connections([]) == []


def test_a_garbled_answer() -> None:
    """A message that is shorter than a socket is no socket."""
    with pytest.raises(DumpError, match="a socket of 20 bytes"):
        inodes._layout(memoryview(struct.pack("=IHHII4x", 20, 20, 0, 0, 0)))
