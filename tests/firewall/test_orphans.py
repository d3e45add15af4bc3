"""Sets that no running jail has, in the kernel of a namespace."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import orphans, port_rule
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
HOST, HOST6 = ip_network("198.51.100.7"), ip_network("2001:db8:c::7")


@pytest.fixture
def filled(lone_kernel: Sets) -> Sets:
    """Two jails with a ban in each family."""
    for name in ("jail", "left"):
        sets = JailSets(lone_kernel, name, 1000)
        sets.place()
        sets.add(HOST, 0)
        sets.add(HOST6, 600)
    return lone_kernel


def test_find_and_lift(filled: Sets) -> None:
    """What no jail has goes with both families; what a jail has stays."""
    found = orphans.find(filled, ["jail"])

    assert found == {"left": ["left", "left6"]}
    assert orphans.lift(filled, found["left"]) == 2
    assert filled.names() == ["ideolab_ban", "jail", "jail6"]
    assert orphans.find(filled, ["jail"]) == {}
    assert orphans.lift(filled, ["left"]) == 0


def test_one_family_alone(filled: Sets) -> None:
    """The set of inet6 whose other one is gone."""
    orphans.lift(filled, ["left"])

    assert orphans.find(filled, ["jail"]) == {"left": ["left6"]}


def test_set_that_something_else_uses(filled: Sets, lone: Namespace) -> None:
    """It is emptied and leaves the list."""
    lone.run(
        "iptables", "-t", "raw", "-A", "PREROUTING", "-m", "set", "--match-set", "left", "src", "-j", "LOG"
    )

    assert orphans.lift(filled, ["left", "left6"]) == 2
    assert filled.names() == ["ideolab_ban", "jail", "jail6", "left"]
    assert list(filled.elements("left")) == []


def test_sets_that_no_jail_makes(filled: Sets, lone: Namespace) -> None:
    """Countries, or addresses alone, that an administrator has put into the list are left alone."""
    lone.run("ipset", "create", "countries", "hash:net")
    lone.run("ipset", "create", "alone", "hash:ip", "timeout", "0")
    for name in ("countries", "alone"):
        filled.link("ideolab_ban", name)

    assert orphans.find(filled, ["jail", "left"]) == {}
    assert orphans.lift_all(filled) == {"jail": 2, "left": 2}
    assert filled.members("ideolab_ban") == ["countries", "alone"]
    assert orphans.lift_all(filled) == {}


def test_set_of_a_jail_with_some_ports(filled: Sets, lone: Namespace) -> None:
    """Its rules go first: they refer to it."""
    JailSets(filled, "web", 1000, "ideolab_ban_port").place()
    filled.add("web", HOST, 0)
    with lone.enter():
        port_rule.put(4, {"web": PortScope(("tcp",), (80,))})
        found = orphans.find(filled, ["jail", "left"])
        assert found == {"web": ["web", "web6"]}
        assert orphans.lift(filled, found["web"]) == 1

    assert [name for name in filled.names() if name.startswith("web")] == []
    assert lone.run("iptables", "-t", "raw", "-S", "PREROUTING") == "-P PREROUTING ACCEPT\n"


def test_without_a_list(lone_kernel: Sets) -> None:
    """Nothing is there."""
    assert orphans.find(lone_kernel, []) == {}
