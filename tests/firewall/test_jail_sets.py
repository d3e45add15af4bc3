"""The sets of one jail in the kernel of a namespace."""

from __future__ import annotations

import threading
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall.backend import KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.kernel.ipset.element import Element
from ideolab_f2b.kernel.ipset.error import SetFullError, SetTypeError
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
HOST, HOST6 = ip_network("198.51.100.7"), ip_network("2001:db8:c::7")


def test_place_add_delete(any_kernel: KernelSets) -> None:
    """Each family has its set, and both are in the list."""
    subject = JailSets(any_kernel, "jail", 1000)
    assert not subject.is_placed()
    subject.place()
    subject.place()
    subject.add(HOST, 0)
    subject.add_many([(HOST6, 60), (ip_network("203.0.113.0/24"), 60)])

    assert subject.is_placed()
    assert any_kernel.members("ideolab_ban") == ["jail", "jail6"]
    assert sorted(map(str, subject.networks())) == ["198.51.100.7/32", "2001:db8:c::7/128", "203.0.113.0/24"]
    assert subject.size() == 3
    assert subject.delete(HOST)
    assert not subject.delete(HOST)
    subject.flush()
    assert subject.size() == 0


def test_remove(any_kernel: KernelSets) -> None:
    """The last jail is told that nothing else is in the list."""
    one, other = JailSets(any_kernel, "one", 1000), JailSets(any_kernel, "other", 1000)
    one.place()
    other.place()

    assert not one.remove()
    assert any_kernel.names() == ["ideolab_ban", "other", "other6"]
    assert other.remove()
    other.remove_list()
    other.remove_list()
    assert any_kernel.names() == []
    assert other.remove()


def test_two_jails_place_the_set_that_they_share(
    any_kernel: KernelSets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One links it while the other looks: it is no set of somebody else's for that."""
    one, other = JailSets(any_kernel, "both", 1000), JailSets(any_kernel, "both", 1000)
    read_both, looks = other._read_both_lists, list[set[str]]()

    def look() -> set[str]:
        looks.append(read_both())
        if len(looks) == 1:
            one.place()
        return looks[-1]

    monkeypatch.setattr(other, "_read_both_lists", look)
    other.place()

    assert looks[0] == set()
    assert any_kernel.names() == ["both", "both6", "ideolab_ban"]


def test_larger_set_while_bans_come_in(any_kernel: KernelSets) -> None:
    """Another maxelem moves the elements with their times, and loses none that is added meanwhile."""
    JailSets(any_kernel, "jail", 5000).place()
    subject = JailSets(any_kernel, "jail", 9000)
    before = [(ip_network(f"10.0.{number >> 8}.{number & 255}"), 500) for number in range(3000)]
    subject.add_many([*before, (HOST, 0)])
    added = []
    end = threading.Event()

    def ban() -> None:
        for number in range(1500):
            if end.is_set():
                return
            network = ip_network(f"10.1.{number >> 8}.{number & 255}")
            subject.add(network, 500)
            added.append(network)

    thread = threading.Thread(target=ban)
    thread.start()
    subject.place()
    end.set()
    thread.join()

    assert any_kernel.header("jail").maxelem == 9000
    assert any_kernel.names() == ["ideolab_ban", "jail", "jail6"]
    found = {each.network: each.timeout_s for each in any_kernel.elements("jail")}
    assert found.keys() == {network for network, _timeout in before} | set(added) | {HOST}
    assert found[HOST] is None
    assert all(490 <= (timeout_s or 0) <= 500 for network, timeout_s in found.items() if network != HOST)
    assert any_kernel.members("ideolab_ban") == ["jail", "jail6"]


def test_smaller_set_than_its_elements(any_kernel: KernelSets) -> None:
    """A maxelem that does not hold what is banned is an error, and the old set stays as it was."""
    before = JailSets(any_kernel, "jail", 1000)
    before.place()
    before.add_many([(ip_network(f"198.51.100.{host}"), 0) for host in range(100)])

    with pytest.raises(SetFullError):
        JailSets(any_kernel, "jail", 64).place()

    assert any_kernel.header("jail").maxelem == 1000
    assert any_kernel.header("jail").elements == 100
    assert "jail.new" not in any_kernel.names()


def test_set_of_somebody_else(any_kernel: KernelSets, lone: object) -> None:
    """A set of that name with another type or family is never taken over."""
    any_kernel.create_list("jail")
    with pytest.raises(SetTypeError, match=r'set "jail" \(list:set\): it is no set of a jail'):
        JailSets(any_kernel, "jail", 1000).place()
    any_kernel.create("crossed", "inet6")
    with pytest.raises(SetTypeError, match=r'set "crossed": it is a hash:net \(inet6\)'):
        JailSets(any_kernel, "crossed", 1000).place()


def test_leftover_of_a_broken_change(lone_kernel: Sets) -> None:
    """A temporary set that a killed server left behind is in nobody's way."""
    JailSets(lone_kernel, "jail", 1000).place()
    lone_kernel.create("jail.new", "inet")
    JailSets(lone_kernel, "jail", 1000).add(HOST, 0)

    JailSets(lone_kernel, "jail", 2000).place()

    assert list(lone_kernel.elements("jail")) == [Element(HOST, None)]
    assert "jail.new" not in lone_kernel.names()


def test_set_that_somebody_else_uses(lone_kernel: Sets, lone: Namespace) -> None:
    """One that a rule or another list refers to, or that has no timeouts, is no set of ours."""
    lone_kernel.create("listed", "inet")
    lone_kernel.create_list("theirs")
    lone_kernel.link("theirs", "listed")
    with pytest.raises(SetTypeError, match="a rule or another list uses it"):
        JailSets(lone_kernel, "listed", 1000).place()
    lone.run("ipset", "create", "plain", "hash:net")
    with pytest.raises(SetTypeError, match="it has no timeouts"):
        JailSets(lone_kernel, "plain", 1000).place()

    assert lone_kernel.members("ideolab_ban") == []
    JailSets(lone_kernel, "listed", 1000).remove()
    assert "listed" in lone_kernel.names()


def test_set_that_has_left_the_list(any_kernel: KernelSets) -> None:
    """Ours, with its elements, after `ipset flush ideolab_ban`."""
    subject = JailSets(any_kernel, "jail", 1000)
    subject.place()
    subject.add(HOST, 0)
    any_kernel.flush("ideolab_ban")

    subject.place()

    assert any_kernel.members("ideolab_ban") == ["jail", "jail6"]
    assert subject.size() == 1
