"""Reads the TCP connections of one local port from the kernel, as rows; judges none of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Optional

from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.dump import batches
from ideolab_f2b.kernel.sockets.inet_diag import dump_request
from ideolab_f2b.kernel.sockets.row import (
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    LAST_ACK,
    SYN_RECV,
    Row,
    mask,
)
from ideolab_f2b.kernel.sockets.tcp_info import layout

#: what occupies the server
STATES = mask(ESTABLISHED, SYN_RECV, FIN_WAIT1, CLOSE_WAIT, LAST_ACK, CLOSING)


def rows(port: int, condition: bytes = b"", *, channel: Optional[Channel] = None) -> Iterator[Row]:
    """Yield one row per connection to the local port, IPv4 and IPv6 interleaved.

    `condition` lets the kernel choose the peers (peers.dump_condition). `channel` looks into its namespace.
    It needs no privilege. KernelError when the kernel refuses, breaks off or cannot be understood.
    """
    # the rows come out of C loops: a Python generator per row would cost half as much as the kernel's walk
    request = dump_request(port, STATES, condition, with_info=True)
    return chain.from_iterable(batches(request, layout, f"sockets of port {port}", channel=channel))
