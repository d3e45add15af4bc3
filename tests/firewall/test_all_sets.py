"""All sets of the list, with real sets in a namespace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import all_sets
from ideolab_f2b.firewall.all_sets import AllSets, HeldElement
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.nft import table_socket

pytestmark = pytest.mark.root
HOST, NET, NET6 = ip_network("198.51.100.7"), ip_network("198.51.100.0/24"), ip_network("2001:db8::/32")


@pytest.fixture
def filled(lone: Namespace, any_kernel: KernelSets) -> Iterator[AllSets]:
    """Two jails: one holds an address, the other its network and one of IPv6."""
    one, two = JailSets(any_kernel, "one", 100), JailSets(any_kernel, "two", 100)
    for sets in (one, two):
        sets.place()
    one.add(HOST, 0)
    two.add(NET, 600)
    two.add(NET6, 600)
    with lone.enter(), contextlib.closing(AllSets()) as opened:
        yield opened


def test_find(filled: AllSets) -> None:
    """The widest element first; what overlaps nothing has none."""
    elsewhere = ip_network("203.0.113.0/24")

    assert filled.find([HOST, NET6, elsewhere]) == {
        HOST: [HeldElement("two", NET), HeldElement("one", HOST)],
        NET6: [HeldElement("two6", NET6)],
        elsewhere: [],
    }


def test_holds_and_delete(filled: AllSets) -> None:
    """An address is held by its network too, until both are gone."""
    assert filled.holds(HOST)
    filled.delete([HeldElement("one", HOST), HeldElement("one", HOST)])
    assert filled.holds(HOST)
    assert filled.holds(ip_network("2001:db8::7"))

    filled.delete([HeldElement("two", NET)])

    assert not filled.holds(HOST)


def test_both_backends(lone: Namespace, lone_kernel: Sets) -> None:
    """A host that changes the backend has bans in both for a moment: all are found, all are lifted."""
    with lone.enter():
        sets = BACKENDS["nft"].open()
    for kernel in (lone_kernel, sets):
        jail = JailSets(kernel, "one", 100)
        jail.place()
        jail.add(HOST, 0)
    with lone.enter(), contextlib.closing(AllSets()) as opened:
        assert opened.find([HOST]) == {HOST: [HeldElement("one", HOST), HeldElement("one", HOST)]}
        opened.delete([HeldElement("one", HOST)])
        assert not opened.holds(HOST)
        sets.close()
        table_socket.release()


def test_without_a_list(lone: Namespace) -> None:
    """Nothing is held where no jail has placed its sets."""
    with lone.enter(), contextlib.closing(AllSets()) as opened:
        assert not opened.holds(HOST)
        assert opened.find([HOST]) == {HOST: []}


def test_overlap() -> None:
    """Families are never compared."""
    assert all_sets.overlap(HOST, NET)
    assert all_sets.overlap(NET, HOST)
    assert not all_sets.overlap(HOST, NET6)
