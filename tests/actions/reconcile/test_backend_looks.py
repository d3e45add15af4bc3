"""The reconcile thread on nf_tables, and what it takes away of a backend that no jail has any more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from fail2ban.server.observer import Observers

from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.reconcile.left_sets import LEFT_S
from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.actions.reconcile.thread import ReconcileThread
from ideolab_f2b.firewall.backend import BACKENDS, Backend, find_in_kernel
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.nft import table_socket
from ideolab_f2b.kernel.nft.message import delete_chain, delete_rules, delete_table
from ideolab_f2b.kernel.nft.names import TABLE
from tests.actions.reconcile.test_one_pass import Book

pytestmark = pytest.mark.root
A, B = ip_network("198.51.100.7"), ip_network("203.0.113.0/24")
NFT, IPSET = BACKENDS["nft"], BACKENDS["ipset"]


class Scene:
    """A reconcile thread without its thread, and a jail whose backend can be changed."""

    def __init__(self) -> None:
        self.now, self.backend, self.book = 1000.0, NFT, Book()
        self.options = Options(set="jail", maxelem=1000)
        self.reconcile = ReconcileThread(lambda: self.now, sleep=lambda _seconds: None)
        self.told: list[dict[int, str]] = []
        self.member = Member(
            "jail", self.book, lambda: self.options, lambda _network: None,
            lambda states: self.told.append(dict(states)), lambda: self.backend,
        )  # fmt: skip
        self.book.put(A)
        self.book.put(B)

    def held(self, backend: Backend = NFT) -> list[str]:
        """The elements of the jail's IPv4 set."""
        with contextlib.closing(backend.open()) as kernel:
            return sorted(str(found.network) for found in kernel.elements("jail"))

    def is_in_place(self) -> bool:
        """Whether both families meet the rules, and both sets are in the list."""
        members: list[str] = []
        with contextlib.closing(NFT.open()) as kernel, contextlib.suppress(SetMissingError):
            members = kernel.members("ideolab_ban")
        positions = [one for version in (4, 6) for one in NFT.look(version).positions]
        return members == ["jail", "jail6"] and all(one.is_first for one in positions)


@pytest.fixture
def scene(lone: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(ReconcileThread, "_run", lambda self: None)
    made = Scene()
    with lone.enter():
        made.reconcile.add(made.member)
        yield made
        made.reconcile.remove(made.member)


def test_one_pass_puts_all_in_place(scene: Scene) -> None:
    """From nothing, without a program; then a glance finds nothing to do."""
    scene.reconcile.look()

    assert scene.held() == ["198.51.100.7/32", "203.0.113.0/24"]
    assert scene.is_in_place()
    assert scene.told == [{4: "in place", 6: "in place"}]
    assert scene.reconcile.stats()["last_error"] == ""
    for _glance in range(3):
        scene.reconcile.glance()
    assert scene.reconcile.passes == 1


@pytest.mark.parametrize("loss", ["table", "rules", "chain"])
def test_glance_puts_back_what_is_lost(scene: Scene, loss: str) -> None:
    """As after `nft flush ruleset` on a kernel that knows no owners, or a part of the table."""
    scene.reconcile.look()
    changes = {
        "table": [delete_table(TABLE)],
        "rules": [delete_rules(TABLE, "bans")],
        "chain": [delete_rules(TABLE, "bans"), delete_chain(TABLE, "bans")],
    }
    table_socket.share().commit(changes[loss], loss)
    assert not scene.is_in_place()

    scene.reconcile.glance()

    assert scene.is_in_place()
    assert scene.held() == ["198.51.100.7/32", "203.0.113.0/24"]


def test_nobody_flushes_an_owned_table(scene: Scene, lone: Namespace) -> None:
    """Where the kernel knows owners; else the next glance puts it back."""
    scene.reconcile.look()
    lone.run("nft", "flush", "ruleset")
    scene.reconcile.glance()

    assert scene.is_in_place()
    assert scene.held() == ["198.51.100.7/32", "203.0.113.0/24"]


def test_packets_are_counted_for_each_set(scene: Scene) -> None:
    """By the name of the set: the counters of its rules."""
    scene.reconcile.look()
    samples = {sample.name: sample.values for sample in scene.reconcile.samples()}

    assert samples["ideolab_f2b_dropped_packets_total"] == {
        ("ideolab_ban",): 0.0, ("jail",): 0.0, ("jail6",): 0.0,
    }  # fmt: skip
    assert samples["ideolab_f2b_kernel_elements"] == {("jail",): 2.0, ("jail6",): 0.0}


def test_what_the_other_backend_still_holds_is_lifted(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute later, with its rules and lists: no jail has it any more."""
    # a server that is not about to end
    monkeypatch.setattr(Observers, "Main", object())
    with contextlib.closing(IPSET.open()) as kernel:
        for name, list_name in (("jail", "ideolab_ban"), ("gone", "ideolab_ban_port")):
            left = JailSets(kernel, name, 1000, list_name)
            left.place()
            left.add(A, 0)
    for version in (4, 6):
        IPSET.place(version)
        IPSET.put_ports(version, {"gone": PortScope(("udp",), (80,))})
    scene.reconcile.look()
    assert scene.held(IPSET) == ["198.51.100.7/32"]
    scene.now += LEFT_S

    def is_clear() -> bool:
        # the kernel lets go of a list a moment after its rule
        scene.reconcile.look()
        return find_in_kernel() == [NFT]

    wait_until(is_clear, "ipset still holds something of ours")
    assert scene.is_in_place()
    assert scene.reconcile.stats()["last_error"] == ""
