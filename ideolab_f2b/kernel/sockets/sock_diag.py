"""The TCP connections of one local port, read from the kernel as rows; judges none of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ideolab_f2b.kernel.sockets.dump import Parser, batches
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


def rows(port: int) -> Iterator[Row]:
    """One row per connection to the local port, IPv4 and IPv6 interleaved; needs no privilege."""
    # the rows come out of C loops: a Python generator per row would cost half as much as the kernel's walk
    request = dump_request(port, STATES, with_info=True)
    return chain.from_iterable(batches(request, layout, f"sockets of port {port}"))


def parse(dump: bytes) -> list[Row]:
    """The rows of a recorded dump: its datagrams one after another."""
    return list(Parser(layout, "recorded dump").records(memoryview(dump)))
