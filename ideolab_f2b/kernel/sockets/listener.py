"""Reads the listening sockets of one local port: how many connections wait to be accepted, how many may."""

from __future__ import annotations

import functools
import socket
from itertools import chain
from typing import NamedTuple

from ideolab_f2b.kernel.sockets.dump import batches
from ideolab_f2b.kernel.sockets.inet_diag import dump_request
from ideolab_f2b.kernel.sockets.row import LISTEN, mask
from ideolab_f2b.kernel.sockets.tcp_info import Fields, layout

#: struct inet_diag_msg: family, local address, queue and its limit
_FIELDS = Fields("=16x B 3x4x 16s 16x12x4x II 8x", ())


class Listener(NamedTuple):
    """One listening socket; nginx has one for each address, and with `reuseport` one for each worker."""

    #: packed, 4 or 16 bytes; zeros: any address
    address: bytes
    #: connections that are established and not accepted
    waiting: int
    #: how many may wait
    backlog: int


def listeners(port: int) -> list[Listener]:
    """Return the listening sockets of both families; [] when nobody listens in this network namespace.

    It needs no privilege. KernelError when the kernel refuses, breaks off or cannot be understood.
    """
    form = functools.partial(layout, fields=_FIELDS)
    found = batches(dump_request(port, mask(LISTEN)), form, f"listeners of port {port}")
    return [
        Listener(address[:4] if family == socket.AF_INET else address, waiting, backlog)
        for family, address, waiting, backlog in chain.from_iterable(found)
    ]
