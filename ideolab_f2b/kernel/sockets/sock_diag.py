"""The TCP connections of one local port, read from the kernel as rows; judges none of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ideolab_f2b.kernel.sockets.destroy import (
    DestroyError,
    DestroyUnsupportedError,
    can_destroy,
    destroy,
    probe_destroy,
)
from ideolab_f2b.kernel.sockets.dump import Parser, batches
from ideolab_f2b.kernel.sockets.inet_diag import SnapshotError, dump_request, fold
from ideolab_f2b.kernel.sockets.tcp_info import Row, layout

__all__ = [
    "DestroyError",
    "DestroyUnsupportedError",
    "Row",
    "SnapshotError",
    "can_destroy",
    "destroy",
    "fold",
    "parse",
    "probe_destroy",
    "rows",
]

#: ESTABLISHED, SYN-RECV, FIN-WAIT-1, CLOSE-WAIT, LAST-ACK, CLOSING: what occupies the server
STATES = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 8 | 1 << 9 | 1 << 11


def rows(port: int) -> Iterator[Row]:
    """One row per connection to the local port, IPv4 and IPv6 interleaved; needs no privilege."""
    # the rows come out of C loops: a Python generator per row would cost half as much as the kernel's walk
    request = dump_request(port, STATES, with_info=True)
    return chain.from_iterable(batches(request, layout, f"sockets of port {port}"))


def parse(dump: bytes) -> list[Row]:
    """The rows of a recorded dump: its datagrams one after another."""
    return list(Parser(layout, "recorded dump").records(memoryview(dump)))
