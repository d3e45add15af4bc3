"""upstreams: the connections that a port's user makes itself, with real sockets of two users."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from ideolab_f2b.kernel.sockets.inet_diag import DumpError
from ideolab_f2b.kernel.sockets.upstreams import count_upstreams, layout
from tests.kernel.scene import Scene, scene

WEB, OTHER = 65534, 65533


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as made:
        yield made


def give(user: int, *sockets: socket.socket) -> None:
    """Make a user the owner of sockets, as if its process had made them."""
    for one in sockets:
        os.fchown(one.fileno(), user, -1)


def count(stage: Scene) -> int | None:
    with stage.server.enter():
        return count_upstreams(443)


@pytest.mark.root
def test_what_the_server_connects_to_is_counted(stage: Scene) -> None:
    """Not what it accepts on another port, nor another program of its user; other users' are none."""
    listener, upstream, other = stage.listen("::"), stage.listen("::", 8000), stage.listen("::", 442)
    give(WEB, stage.pair(listener, "198.51.100.1")[1])
    assert count(stage) == 0

    with stage.server.enter():
        first, second, third = (socket.create_connection(("192.0.2.1", 8000)) for _ in range(3))
    give(WEB, first, stage.accept(upstream))
    give(WEB, second)
    give(OTHER, third)
    give(WEB, stage.pair(other, "198.51.100.2", 442)[1])

    assert count(stage) == 2
    for one in (first, second, third):
        one.close()


@pytest.mark.root
@pytest.mark.parametrize("user", [None, 0])
def test_a_server_without_a_user_of_its_own(stage: Scene, user: int | None) -> None:
    """No connection shows the owner; and what root has is many programs'."""
    listener = stage.listen("192.0.2.1")
    if user is not None:
        give(user, stage.pair(listener, "198.51.100.1")[1])

    assert count(stage) is None


def test_a_kernel_without_cgroups_of_sockets() -> None:
    """Before Linux 5.9 the user alone tells whose a socket is; other attributes are passed over."""
    message = struct.pack("=IHHII", 96, 20, 2, 1, 0) + bytes(72) + struct.pack("=HHI", 8, 8, 0)
    form = layout(memoryview(message))

    assert form.record.unpack(message) + form.missing == (bytes(2), 0, 0, 0)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (bytes(84), "a socket of 84 bytes"),
        (bytes(88) + struct.pack("=HHI", 3, 21, 0), "an attribute of 3 bytes, 8 bytes before the end"),
        (bytes(88) + struct.pack("=HHI", 12, 21, 0), "an attribute of 12 bytes, 8 bytes before the end"),
    ],
)
def test_a_message_that_is_none(message: bytes, said: str) -> None:
    """The error says what came."""
    with pytest.raises(DumpError, match=said):
        layout(memoryview(message))
