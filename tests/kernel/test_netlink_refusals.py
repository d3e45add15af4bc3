"""netlink.Channel.refusals and datagrams against the kernel: many requests at once, raw dumps."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.inet_diag import (
    BOTH_FAMILIES,
    DESTROY,
    SOCK_DIAG,
    destroy_request,
    dump_request,
)
from tests.kernel.scene import Scene, scene

NOBODY = destroy_request(socket.AF_INET, bytes(40) + b"\xff" * 8)
NO_FAMILY = destroy_request(250, bytes(48))


@pytest.fixture
def stage() -> Iterator[Scene]:
    """Two namespaces and what can be played in them."""
    with scene() as made:
        yield made


@pytest.mark.root
def test_refusals_in_order(stage: Scene) -> None:
    """Each request that fails gives its errno, in the order of the requests; the next call starts afresh."""
    with stage.server.enter(), Channel(SOCK_DIAG) as channel:
        assert channel.refusals(DESTROY, [NOBODY, NO_FAMILY, NOBODY]) == [
            errno.ENOENT, errno.EINVAL, errno.ENOENT,
        ]  # fmt: skip
        assert channel.refusals(DESTROY, []) == []
        assert channel.refusals(DESTROY, [NOBODY] * 128) == [errno.ENOENT] * 128


@pytest.mark.root
def test_datagrams(stage: Scene) -> None:
    """A dump without a socket is one datagram that holds the end of the dump only."""
    buffer = memoryview(bytearray(65536))
    with stage.server.enter(), Channel(SOCK_DIAG) as channel:
        used = next(channel.datagrams(BOTH_FAMILIES, dump_request(443, 0xFFF), buffer))

    assert bytes(buffer[:used])[:6] == b"\x14\0\0\0\x03\0"
