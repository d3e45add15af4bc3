"""Sets that no running jail has, in the kernel of a namespace."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
HOST, HOST6 = ip_network("198.51.100.7"), ip_network("2001:db8:c::7")


def fill(kernel: KernelSets) -> None:
    """Two jails with a ban in each family."""
    for name in ("jail", "left"):
        sets = JailSets(kernel, name, 1000)
        sets.place()
        sets.add(HOST, 0)
        sets.add(HOST6, 600)


@pytest.fixture
def filled(any_kernel: KernelSets) -> KernelSets:
    """The two jails in each backend."""
    fill(any_kernel)
    return any_kernel


@pytest.fixture
def filled_ipset(lone_kernel: Sets) -> Sets:
    """The two jails in ipset."""
    fill(lone_kernel)
    return lone_kernel


def test_find_and_lift(filled: KernelSets) -> None:
    """What no jail has goes with both families; what a jail has stays."""
    found = orphans.find(filled, ["jail"])

    assert found == {"left": ["left", "left6"]}
    assert orphans.lift(filled, found["left"]) == 2
    assert filled.names() == ["ideolab_ban", "jail", "jail6"]
    assert orphans.find(filled, ["jail"]) == {}
    assert orphans.lift(filled, ["left"]) == 0


def test_one_family_alone(filled: KernelSets) -> None:
    """The set of inet6 whose other one is gone."""
    orphans.lift(filled, ["left"])

    assert orphans.find(filled, ["jail"]) == {"left": ["left6"]}


def test_set_that_something_else_uses(filled_ipset: Sets, lone: Namespace) -> None:
    """It is emptied and leaves the list."""
    lone.run(
        "iptables", "-t", "raw", "-A", "PREROUTING", "-m", "set", "--match-set", "left", "src", "-j", "LOG"
    )

    assert orphans.lift(filled_ipset, ["left", "left6"]) == 2
    assert filled_ipset.names() == ["ideolab_ban", "jail", "jail6", "left"]
    assert list(filled_ipset.elements("left")) == []


def test_sets_that_no_jail_makes(filled_ipset: Sets, lone: Namespace) -> None:
    """Countries, or addresses alone, that an administrator has put into the list are left alone."""
    lone.run("ipset", "create", "countries", "hash:net")
    lone.run("ipset", "create", "alone", "hash:ip", "timeout", "0")
    for name in ("countries", "alone"):
        filled_ipset.link("ideolab_ban", name)

    assert orphans.find(filled_ipset, ["jail", "left"]) == {}
    assert orphans.lift_all(filled_ipset) == {"jail": 2, "left": 2}
    assert filled_ipset.members("ideolab_ban") == ["countries", "alone"]
    assert orphans.lift_all(filled_ipset) == {}


def test_set_of_a_jail_with_some_ports(filled: KernelSets, lone: Namespace) -> None:
    """Its rules go first: they refer to it."""
    JailSets(filled, "web", 1000, "ideolab_ban_port").place()
    filled.add("web", HOST, 0)
    with lone.enter():
        BACKENDS[filled.backend].put_ports(4, {"web": PortScope(("tcp",), (80,))})
        found = orphans.find(filled, ["jail", "left"])
        assert found == {"web": ["web", "web6"]}
        assert orphans.lift(filled, found["web"]) == 1

    assert [name for name in filled.names() if name.startswith("web")] == []
    assert lone.run("iptables", "-t", "raw", "-S", "PREROUTING") == "-P PREROUTING ACCEPT\n"


def test_without_a_list(any_kernel: KernelSets) -> None:
    """Nothing is there."""
    assert orphans.find(any_kernel, []) == {}
