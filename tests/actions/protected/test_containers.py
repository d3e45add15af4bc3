"""The addresses of containers: who asks, when, and what counts while nobody answers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.actions.protected.containers import KEPT_S, ContainerAddresses
from ideolab_f2b.namespaces.ask import OpenerDownError

ADDRESSES = [ip_address("10.77.0.2"), ip_address("fd00:77::2")]


class Opener:
    """Answers with addresses, or not at all."""

    def __init__(self) -> None:
        self.is_down = False
        self.asked = 0

    def ask(self, _path: str) -> list[bytes]:
        self.asked += 1
        if self.is_down:
            raise OpenerDownError(111, "refused")
        return [each.packed for each in reversed(ADDRESSES)]


def make(directory: Path, opener: Opener, clock: Callable[[], float]) -> ContainerAddresses:
    return ContainerAddresses(str(directory / "run" / "sock"), opener.ask, clock, every_s=0.01)


def test_a_host_without_an_opener_has_no_thread(tmp_path: Path) -> None:
    """Nobody is asked, and nothing is protected by that."""
    opener = Opener()
    subject = make(tmp_path, opener, lambda: 0.0)

    assert subject.now() == []
    assert (opener.asked, subject._thread) == (0, None)


def test_no_ban_waits_for_the_answer(tmp_path: Path) -> None:
    """The first question starts the thread; it ends with the directory of the opener."""
    (tmp_path / "run").mkdir()
    opener = Opener()
    subject = make(tmp_path, opener, lambda: 0.0)
    subject.now()

    wait_until(lambda: subject.now() == ADDRESSES, "the addresses")
    (tmp_path / "run").rmdir()
    wait_until(lambda: subject._thread is not None and not subject._thread.is_alive(), "the thread's end")


def test_what_was_told_counts_for_a_while(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An opener that is restarted takes no protection away; one that is gone for good does."""
    opener, now = Opener(), 0.0
    subject = make(tmp_path, opener, lambda: now)
    subject.renew()
    opener.is_down = True

    with caplog.at_level(logging.WARNING):
        subject.renew()
        now = KEPT_S - 1
        subject.renew()
    assert subject.now() == ADDRESSES
    assert caplog.text.count("the addresses of containers are not known anew: refused") == 2
    now = KEPT_S + 1
    assert subject.now() == []
