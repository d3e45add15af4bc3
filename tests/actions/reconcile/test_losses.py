"""Sets that lost what they held, by their numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.reconcile.losses import Losses
from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import LIST, PORT_LIST
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from tests.actions.reconcile.test_one_pass import Book

pytestmark = pytest.mark.root
HOSTS = [ip_network(f"198.51.100.{number}") for number in range(1, 11)]


class Scene:
    """A jail with ten bans, all of them in the kernel."""

    def __init__(self, kernel: KernelSets, list_name: str = LIST) -> None:
        self.kernel, self.book, self.losses = kernel, Book(), Losses(BACKENDS[kernel.backend].open)
        self.sets = JailSets(kernel, "jail", 1000, list_name)
        self.sets.place()
        for host in HOSTS:
            self.book.put(host)
            self.sets.add(host, 0)
        options = Options(set="jail", maxelem=1000)
        self.member = Member("jail", self.book, lambda: options, lambda _network: None, lambda _rules: None)

    def looks(self, count: int = 3) -> list[bool]:
        return [self.losses.are_there([("jail", [self.member])]) for _look in range(count)]


@pytest.fixture
def scene(lone: Namespace, backend_kernel: KernelSets) -> Iterator[Scene]:
    with lone.enter():
        yield Scene(backend_kernel)


def test_nothing_is_lost(scene: Scene) -> None:
    """Also where a few bans have ended in the kernel a moment earlier."""
    for host in HOSTS[:5]:
        scene.sets.delete(host)

    assert scene.looks() == [False, False, False]


def test_flushed_set(scene: Scene) -> None:
    """In the second look: a ban that is just being made looks like a loss in one of them."""
    scene.sets.flush()

    assert scene.looks() == [False, True, True]
    scene.book.is_queued = True
    assert scene.looks() == [False, False, False]


def test_unlinked_and_destroyed_sets(scene: Scene) -> None:
    """At once: no ban makes it look so."""
    scene.kernel.unlink("ideolab_ban", "jail6")
    assert scene.looks(1) == [True]
    scene.kernel.destroy("jail6")
    assert scene.looks(1) == [True]
    scene.sets.remove()
    scene.sets.remove_list()
    assert scene.looks(1) == [True]
    scene.book.is_active = False
    assert scene.looks(1) == [True]  # the list is everybody's


def test_kernel_that_refuses(scene: Scene) -> None:
    """The pass says why."""

    def refuse() -> KernelSets:
        raise PermissionDeniedError(1, "ipset")

    assert Losses(refuse).are_there([("jail", [scene.member])]) is False


def test_sets_of_a_jail_with_ports(lone: Namespace, backend_kernel: KernelSets) -> None:
    """They are in the other list: that is no loss, and leaving it is one."""
    with lone.enter():
        scene = Scene(backend_kernel, PORT_LIST)

        assert scene.looks() == [False, False, False]
        scene.kernel.unlink(PORT_LIST, "jail6")
        assert scene.looks(1) == [True]
