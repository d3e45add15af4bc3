"""The thread that closes sockets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection
from ipaddress import ip_network

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.actions.ban import socket_closer
from ideolab_f2b.actions.ban.socket_closer import SocketCloser
from ideolab_f2b.actions.ports import Ports
from ideolab_f2b.kernel.ipset.element import Network, key_of

ONE, TWO, THREE = (ip_network(f"198.51.100.{host}") for host in (1, 2, 3))


class Kernel:
    """Counts the walks; each closes as many sockets as `answers` says, then none."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.walks: list[tuple[frozenset[Network], Ports]] = []
        self.gate = threading.Event()
        self.gate.set()

    def destroy(self, networks: Collection[Network], ports: Ports) -> int:
        self.gate.wait(5)
        self.walks.append((frozenset(networks), ports))
        return self.answers.pop(0) if self.answers else 0


def test_walks_until_nothing_is_found() -> None:
    """A connection that was accepted meanwhile is found by the second walk."""
    kernel = Kernel(3, 1)
    subject = SocketCloser((443, 8443), kernel.destroy)
    subject.add(key_of(ONE))
    wait_until(lambda: len(kernel.walks) == 3, "not three walks")

    subject.stop()

    assert kernel.walks == [(frozenset([ONE]), (443, 8443))] * 3
    assert subject.stats() == {
        "destroyed": 4, "dropped": 0, "failed": 0, "last_error": "", "namespaces": 0, "waiting": 0
    }  # fmt: skip


def test_walks_end() -> None:
    """A peer that connects without end does not keep the thread walking: the rule drops it anyway."""
    kernel = Kernel(*[1] * 99)
    subject = SocketCloser((443,), kernel.destroy)
    subject.add(key_of(ONE))

    subject.stop()

    assert len(kernel.walks) == socket_closer.WALKS


def test_one_walk_for_a_ban_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """All networks of an AS at once; what has no room is counted."""
    kernel = Kernel()
    subject = SocketCloser((443,), kernel.destroy)
    subject.add_many([key_of(ONE), key_of(TWO), key_of(THREE)])
    wait_until(lambda: len(kernel.walks) == 1, "no walk")
    monkeypatch.setattr(socket_closer, "LIMIT", 0)
    subject.add_many([key_of(ONE), key_of(TWO)])
    subject.add_many([key_of(ONE)])

    subject.stop()

    assert kernel.walks == [(frozenset([ONE, TWO, THREE]), (443,))]
    assert subject.stats()["dropped"] == 3


@pytest.mark.alone
def test_one_walk_for_all_who_wait() -> None:
    """Bans during a walk share the next one, and nobody who adds waits for it."""
    kernel = Kernel()
    kernel.gate.clear()
    subject = SocketCloser((443,), kernel.destroy)
    subject.add(key_of(ONE))
    wait_until(lambda: subject.stats()["waiting"] == 0, "the first walk does not begin")

    begin = time.monotonic()
    for network in (TWO, THREE) * 500:
        subject.add(key_of(network))
    assert time.monotonic() - begin < 0.5
    kernel.gate.set()
    subject.stop()

    assert [networks for networks, _ports in kernel.walks] == [frozenset([ONE]), frozenset([TWO, THREE])]


def test_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is counted: those peers are banned, and their sockets end by their timeouts."""
    monkeypatch.setattr(socket_closer, "LIMIT", 2)
    kernel = Kernel()
    kernel.gate.clear()
    subject = SocketCloser((443,), kernel.destroy)
    subject.add(key_of(ONE))
    wait_until(lambda: subject.stats()["waiting"] == 0, "the first walk does not begin")
    for network in (ONE, TWO, THREE):
        subject.add(key_of(network))

    assert subject.stats()["dropped"] == 1
    kernel.gate.set()
    subject.stop()


def test_kernel_that_cannot(caplog: pytest.LogCaptureFixture) -> None:
    """Without INET_DIAG_DESTROY the error is told once, counted each time, and the thread lives."""

    def destroy(_networks: object, _ports: object) -> int:
        raise OSError(95, "not supported")

    subject = SocketCloser((443,), destroy)
    with caplog.at_level(logging.ERROR):
        for count in (1, 2):
            subject.add(key_of(ONE))
            wait_until(lambda count=count: subject.failed == count, "the error is not counted")  # type: ignore[misc]
        subject.stop()

    assert caplog.text.count("open sockets of banned peers stay open") == 1
    assert "not supported" in str(subject.stats()["last_error"])


def test_numbers_that_are_no_network(caplog: pytest.LogCaptureFixture) -> None:
    """They are an error as one of the kernel is, and the thread lives."""
    kernel = Kernel()
    subject = SocketCloser((443,), kernel.destroy)
    subject.add((4, 0xCB007109, 40))
    wait_until(lambda: subject.failed == 1, "the error")
    subject.add(key_of(ONE))
    subject.stop()

    assert kernel.walks == [(frozenset([ONE]), (443,))]
    assert "open sockets of banned peers stay open" in caplog.text


def test_stop_without_work() -> None:
    """No thread is started before there is work: the server may still fork."""
    before = threading.active_count()
    subject = SocketCloser((443,))
    assert threading.active_count() == before

    subject.stop()
