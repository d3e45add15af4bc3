"""listener: the accept queue of real listeners."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ideolab_f2b.kernel.sockets.listener import Listener, listeners
from tests.kernel.scene import Scene, scene


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as made:
        yield made


@pytest.mark.root
def test_both_families_with_their_queues(stage: Scene) -> None:
    """What is accepted waits no more; other ports are left out."""
    any4, one6 = stage.listen("0.0.0.0"), stage.listen("2001:db8:0:1::1")
    stage.listen("0.0.0.0", 8443)
    stage.pair(any4, "198.51.100.1")
    stage.connect("198.51.100.2")
    stage.connect("198.51.100.3")
    stage.connect("2001:db8:c::1")

    def read() -> list[Listener]:
        with stage.server.enter():
            return sorted(listeners(443))

    # the last step of a handshake may be on its way
    deadline = time.monotonic() + 60
    while sum(one.waiting for one in read()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert read() == [
        Listener(bytes(4), 2, 64),
        Listener(bytes.fromhex("20010db8000000010000000000000001"), 1, 64),
    ]
    assert one6.fileno() >= 0


@pytest.mark.root
def test_nobody_listens(stage: Scene) -> None:
    """There is no server in this namespace."""
    with stage.server.enter():
        assert listeners(443) == []
