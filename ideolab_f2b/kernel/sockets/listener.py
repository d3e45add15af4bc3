"""Reads the listening sockets of one local port: how many connections wait to be accepted, how many may."""

from __future__ import annotations

import contextlib
import functools
import socket
from itertools import chain, islice
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.dump import batches
from ideolab_f2b.kernel.sockets.inet_diag import dump_request
from ideolab_f2b.kernel.sockets.row import LISTEN, mask
from ideolab_f2b.kernel.sockets.tcp_info import Fields, layout

#: struct inet_diag_msg: family, local address, queue and its limit
_FIELDS = Fields("=16x B 3x4x 16s 16x12x4x II 8x", ())
#: struct inet_diag_msg: local port
_PORT = Fields("=16x 4x 2s2x 16x16x12x4x8x8x", ())


class Listener(NamedTuple):
    """One listening socket; nginx has one for each address, and with `reuseport` one for each worker."""

    #: packed, 4 or 16 bytes; zeros: any address
    address: bytes
    #: connections that are established and not accepted
    waiting: int
    #: how many may wait
    backlog: int


def listeners(port: int, *, channel: Optional[Channel] = None) -> list[Listener]:
    """Return the listening sockets of both families; [] when nobody listens in this network namespace.

    `channel` looks into its own namespace.
    It needs no privilege. KernelError when the kernel refuses, breaks off or cannot be understood.
    """
    form = functools.partial(layout, fields=_FIELDS)
    found = batches(dump_request(port, mask(LISTEN)), form, f"listeners of port {port}", channel=channel)
    return [
        Listener(address[:4] if family == socket.AF_INET else address, waiting, backlog)
        for family, address, waiting, backlog in chain.from_iterable(found)
    ]


def listening_ports(*, channel: Optional[Channel] = None, limit: int = 65536) -> set[int]:
    """Return the local ports of at most `limit` listening sockets of a namespace; KernelError.

    With more than `limit` sockets the channel is closed: the rest of the answer is not read.
    """
    form = functools.partial(layout, fields=_PORT)
    found = batches(dump_request(0, mask(LISTEN)), form, "listeners", channel=channel)
    with contextlib.closing(found):
        return {int.from_bytes(port, "big") for (port,) in islice(chain.from_iterable(found), limit)}
