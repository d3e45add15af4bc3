"""Counts the connections that the server of a port has to its upstreams."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.netlink import attribute
from ideolab_f2b.kernel.sockets.dump import Layout, batches
from ideolab_f2b.kernel.sockets.inet_diag import BYTECODE, dump_request, garbled_error
from ideolab_f2b.kernel.sockets.row import CLOSE_WAIT, ESTABLISHED, LISTEN, SYN_SENT, mask

#: struct nlmsghdr; struct inet_diag_msg: local port, user, inode
_HEADERS = "=16x 4x 2s2x 16x16x 12x12x II"
_HEADERS_SIZE = 16 + 72
_ATTRIBUTE = struct.Struct("=HH")
#: attribute that holds the number of the cgroup in which the socket was made (since Linux 5.9)
_CGROUP = 21
#: operations of the filter program: a jump, comparisons of the local port (INET_DIAG_BC_S_GE, _S_LE)
_JUMP, _AT_LEAST, _AT_MOST = 1, 2, 3
#: struct inet_diag_bc_op: what it does, and by how many bytes it goes on when that is true, and when not
_OPERATION = struct.Struct("=BBH")
#: bytes of a comparison, which is followed by an operation that holds the port
_COMPARISON = 2 * _OPERATION.size


def _other_ports(port: int) -> bytes:
    """Return the attribute that leaves out one local port: at most port - 1, or else at least port + 1."""
    jump = _OPERATION.size
    program = (
        _OPERATION.pack(_AT_MOST, _COMPARISON, _COMPARISON + jump)
        + _OPERATION.pack(0, 0, port - 1)
        # over the second comparison
        + _OPERATION.pack(_JUMP, jump, jump + _COMPARISON)
        # no is behind the end by 4
        + _OPERATION.pack(_AT_LEAST, _COMPARISON, _COMPARISON + 4)
        + _OPERATION.pack(0, 0, min(port + 1, 65535))
    )
    return attribute(BYTECODE, program)


class Owner(NamedTuple):
    """Who has made a socket; a service of systemd has a cgroup of its own, 0 is unknown."""

    user: int
    cgroup: int


def layout(message: memoryview) -> Layout:
    """Return the layout of messages like this one, which are a socket without details."""
    length, offset = len(message), _HEADERS_SIZE
    if length < offset or length % 4:
        raise garbled_error(f"a socket of {length} bytes")
    while offset + _ATTRIBUTE.size <= length:
        size, kind = _ATTRIBUTE.unpack_from(message, offset)
        if size < 4 or offset + size > length:
            raise garbled_error(f"an attribute of {size} bytes, {length - offset} bytes before the end")
        if kind == _CGROUP and size == 12:
            before, after = offset + 4 - _HEADERS_SIZE, length - offset - size
            record = struct.Struct(f"{_HEADERS} {before}xQ{after}x")
            return Layout(record, (), offset, message.cast("I")[offset // 4])
        offset += (size + 3) & ~3
    return Layout(struct.Struct(f"{_HEADERS} {length - _HEADERS_SIZE}x"), (0,), 0, message.cast("I")[0])


def find_owner(port: int) -> Optional[Owner]:
    """Return who has accepted connections of the port; None when there is no such connection."""
    request = dump_request(port, mask(ESTABLISHED, CLOSE_WAIT))
    for _local_port, user, inode, cgroup in _sockets(request):
        if inode:
            return Owner(user, cgroup)
    return None


def count_upstreams(port: int) -> Optional[int]:
    """Return how many connections the port's server has made itself; None when nobody can tell.

    The server is known by its user and its cgroup. Where it has no cgroup of its own, other programs of that
    user count too. Root's connections are too many programs'.
    It needs no privilege. KernelError when the kernel refuses, breaks off or cannot be understood.
    """
    owner = find_owner(port)
    if owner is None or not owner.user:
        return None
    listening = {local_port for local_port, *_rest in _sockets(dump_request(0, mask(LISTEN)))}
    request = dump_request(0, mask(ESTABLISHED, CLOSE_WAIT, SYN_SENT), _other_ports(port))
    return sum(
        bool(inode) and (user, cgroup) == owner and local_port not in listening
        for local_port, user, inode, cgroup in _sockets(request)
    )


def _sockets(request: bytes) -> Iterator[tuple[bytes, int, int, int]]:
    return chain.from_iterable(batches(request, layout, "upstreams"))
