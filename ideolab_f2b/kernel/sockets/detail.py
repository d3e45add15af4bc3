"""Reads how the peers of few sockets set up TCP: a second dump, apart from the one of each snapshot."""

from __future__ import annotations

import functools
import socket
from collections.abc import Collection, Iterator
from itertools import chain
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.address import Network
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.dump import batches
from ideolab_f2b.kernel.sockets.inet_diag import dump_request, fold
from ideolab_f2b.kernel.sockets.peers import Peers, dump_condition
from ideolab_f2b.kernel.sockets.row import CLOSE_WAIT, ESTABLISHED, mask
from ideolab_f2b.kernel.sockets.tcp_info import Fields, layout

#: sockets in later states have no options any more
_STATES = mask(ESTABLISHED, CLOSE_WAIT)
#: struct inet_diag_msg: family, peer; struct tcp_info: options, window scales, segments towards the peer
_FIELDS = Fields("=16x B 3x4x 16x16s 32x ", (("B", 5), ("B", 6), ("I", 16)))
#: tcpi_options of linux/tcp.h
TIMESTAMPS, SACK, WINDOW_SCALE, ECN = 1, 2, 4, 8
#: bytes that the timestamp option takes of a segment
_TIMESTAMP_SIZE = 12


class Detail(NamedTuple):
    """How the peer of one connection set it up."""

    #: packed address, 4 or 16 bytes
    peer: bytes
    #: bytes; the largest segment that it takes, as far as our own link and its window let it show
    mss: int
    window_scale: int
    #: bits: TIMESTAMPS, SACK, WINDOW_SCALE, ECN
    options: int


def details(
    port: int, networks: Collection[Network], *, channel: Optional[Channel] = None
) -> Iterator[Detail]:
    """Yield a Detail of each connection to the local port whose peer lies in the networks.

    `channel` looks into its own namespace.
    It needs no privilege. KernelError when the kernel refuses, breaks off or cannot be understood.
    """
    if not networks:
        return
    peers = {family: Peers(family, networks) for family in (socket.AF_INET, socket.AF_INET6)}
    request = dump_request(port, _STATES, dump_condition(networks), with_info=True)
    form = functools.partial(layout, fields=_FIELDS)
    for family, peer, options, scales, mss in chain.from_iterable(
        batches(request, form, f"peers of port {port}", channel=channel)
    ):
        if mss and peers[family][peer]:
            yield _detail(fold(family, peer), options, scales, mss)


def _detail(peer: bytes, options: int, scales: int, mss: int) -> Detail:
    whole = mss + _TIMESTAMP_SIZE * bool(options & TIMESTAMPS)
    # of the two scales the peer's is the lower nibble
    return Detail(peer, whole, scales & 0xF if options & WINDOW_SCALE else 0, options & 0xF)
