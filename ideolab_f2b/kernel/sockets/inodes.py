"""Finds TCP connections by the inodes of their sockets, and who listens on their local ports."""

from __future__ import annotations

import struct
from collections.abc import Collection
from ipaddress import ip_address
from itertools import chain
from typing import NamedTuple

from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.sockets.dump import Layout, batches
from ideolab_f2b.kernel.sockets.inet_diag import dump_request, fold, garbled_error
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, LISTEN, mask

#: struct nlmsghdr; struct inet_diag_msg: family, local port, peer, inode
_FORMAT = "=16x B3x 2s18x 16s28x I"
_ANY_PORT = 0


class TcpConnection(NamedTuple):
    """An established TCP connection of this network namespace."""

    inode: int
    peer: Address
    #: the local one
    port: int
    #: the inodes of the sockets that listen on that port
    listeners: frozenset[int]


def connections(inodes: Collection[int]) -> list[TcpConnection]:
    """Return the connections whose sockets have these inodes; other sockets are left out.

    It walks over all sockets of the host: not for each tick. KernelError when the kernel refuses.
    """
    if not inodes:
        return []
    listeners: dict[bytes, set[int]] = {}
    for _family, port, _peer, inode in _records(mask(LISTEN)):
        listeners.setdefault(port, set()).add(inode)
    return [
        TcpConnection(
            inode,
            ip_address(fold(family, peer)),
            int.from_bytes(port, "big"),
            frozenset(listeners.get(port, ())),
        )
        for family, port, peer, inode in _records(mask(ESTABLISHED))
        if inode in inodes
    ]


def find_listeners(port: int) -> list[int]:
    """Return the inodes of the sockets that listen on a local port; KernelError when the kernel refuses."""
    return [inode for _family, _port, _peer, inode in _records(mask(LISTEN), port)]


def _records(states: int, port: int = _ANY_PORT) -> chain[tuple[int, bytes, bytes, int]]:
    asked = f"sockets of {f'port {port}' if port else 'all ports'}"
    return chain.from_iterable(batches(dump_request(port, states), _layout, asked))


def _layout(message: memoryview) -> Layout:
    rest = len(message) - struct.calcsize(_FORMAT)
    if rest < 0:
        raise garbled_error(f"a socket of {len(message)} bytes")
    return Layout(struct.Struct(f"{_FORMAT}{rest}x"), (), 0, len(message))
