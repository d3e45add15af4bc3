"""netlink.Channel.command against the kernel: what is not refused has no answer."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

import pytest

from ideolab_f2b.kernel import netlink
from ideolab_f2b.kernel.netlink import REQUEST, Channel, message
from ideolab_f2b.kernel.sockets.inet_diag import DESTROY, SOCK_DIAG, destroy_request
from tests.kernel.scene import Scene, scene

pytestmark = pytest.mark.root
GONE = destroy_request(socket.AF_INET, bytes(40) + b"\xff" * 8)
NO_FAMILY = destroy_request(250, bytes(48))


@pytest.fixture
def channel() -> Iterator[Channel]:
    """A channel to sock_diag, in a namespace of this test."""
    with scene() as made:
        stage: Scene = made
        with stage.server.enter(), Channel(SOCK_DIAG) as opened:
            yield opened


def test_what_is_taken_has_no_answer(channel: Channel) -> None:
    """NOOP is taken without a word."""
    assert channel.command(netlink.NOOP, b"") == 0


def test_what_is_refused(channel: Channel) -> None:
    """The errno of the kernel, each time."""
    assert channel.command(DESTROY, GONE) == errno.ENOENT
    assert channel.command(DESTROY, NO_FAMILY) == errno.EINVAL
    assert channel.command(netlink.NOOP, b"") == 0


def test_late_answer_of_another_request(channel: Channel) -> None:
    """The refusal of a request before is not taken for this one's."""
    channel._socket.send(message(DESTROY, REQUEST, NO_FAMILY, 4_000_000_000))

    assert channel.command(netlink.NOOP, b"") == 0
    channel._socket.send(message(DESTROY, REQUEST, NO_FAMILY, 4_000_000_000))
    assert channel.command(DESTROY, GONE) == errno.ENOENT


def test_kernel_that_does_not_tell_what_waits(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Linux 4.12 a receive that does not wait finds the refusal, or nothing."""
    monkeypatch.setattr(netlink, "_MEMINFO", 0x7FFF)

    assert channel.command(netlink.NOOP, b"") == 0
    assert channel.command(DESTROY, GONE) == errno.ENOENT


def test_a_send_that_fails_says_why(channel: Channel) -> None:
    """A message that is too long for the socket is an error, and no silent miss."""
    with pytest.raises(OSError) as found:
        channel.command(netlink.NOOP, bytes(64 << 20))

    assert found.value.errno == errno.EMSGSIZE
