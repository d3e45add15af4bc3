"""Old rules go once the right ones stand, and what they dropped is counted once."""

from __future__ import annotations

import logging

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.reconcile.drop_rules import DropRules
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.actions.reconcile.old_rules import AGAIN_S, OldRules
from ideolab_f2b.firewall.position import OLD_SPEC, SPEC
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.conftest import Probe

pytestmark = pytest.mark.root
FOUR = "198.51.100.7"
ACCEPT = "-A PREROUTING -j cali-PREROUTING"


class Scene:
    def __init__(self, server: Namespace) -> None:
        self.now, self.server, self.counted = 1000.0, server, ReconcileCounts()
        self.rules = DropRules(self.counted, lambda: self.now)
        self.old = OldRules(self.rules, self.counted, lambda: self.now)

    def look(self, hook: str = "prerouting") -> None:
        self.rules.look("ideolab_ban", hook)
        self.old.look("ideolab_ban")

    def list(self, chain: str, table: str = "filter") -> list[str]:
        return self.server.run("iptables", "-t", table, "-S", chain).splitlines()[1:]


@pytest.fixture
def scene(network: tuple[Namespace, Namespace], kernel: Sets) -> Scene:
    server = network[0]
    for program in ("iptables", "ip6tables"):
        server.run(program, "-F")
        server.run(program, "-t", "raw", "-F")
    kernel.create_list("ideolab_ban")
    kernel.create("jail", "inet", 1000)
    kernel.link("ideolab_ban", "jail")
    server.run("ipset", "add", "jail", FOUR, "-exist")
    return Scene(server)


def test_what_moves_is_counted_once(scene: Scene, probe: Probe) -> None:
    """Packets that the rule dropped in one place and then in another: all of them, none twice."""
    with scene.server.enter():
        scene.look("input")
        for _packet in range(3):
            assert not probe.reaches(FOUR, 0.05)
        scene.look("prerouting")
        assert scene.counted.dropped == 3
        assert scene.list("INPUT") == []
        for _packet in range(2):
            assert not probe.reaches(FOUR, 0.05)
        scene.look("prerouting")
        assert scene.counted.dropped == 5
        scene.look("input")
        assert not probe.reaches(FOUR, 0.05)
        scene.look("input")
        assert scene.counted.dropped == 6
        assert scene.list("PREROUTING", "raw") == []


def test_what_comes_back_goes_later(scene: Scene) -> None:
    """A saved firewall brings the rule of an earlier version: it does no harm, and a later look takes it."""
    with scene.server.enter():
        scene.look()
        scene.server.run("iptables", "-A", "INPUT", *OLD_SPEC.split())
        scene.look()
        assert scene.list("INPUT") == [f"-A INPUT {OLD_SPEC}"]
        scene.now += AGAIN_S
        scene.look()
        assert scene.list("INPUT") == []
    assert scene.old.removed == 1


def test_old_rule_stays_while_the_new_one_can_be_passed(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Calico's chain in raw: one that only marks may stand first; one that accepts is moved behind, once."""
    server = scene.server
    with server.enter(), caplog.at_level(logging.WARNING, "fail2ban.ideolab-ban"):
        server.run("iptables", "-t", "raw", "-N", "cali-PREROUTING")
        server.run(
            "iptables", "-t", "raw", "-A", "cali-PREROUTING", "-j", "MARK", "--set-xmark", "0x0/0xf0000"
        )
        server.run("iptables", "-t", "raw", "-A", "cali-PREROUTING", "-i", "veth9", "-j", "DROP")
        scene.look()
        server.run("iptables", "-t", "raw", "-I", *ACCEPT.split()[1:])
        for _look in range(3):
            scene.look()
        assert scene.list("PREROUTING", "raw") == [ACCEPT, f"-A PREROUTING {SPEC}"]
        assert scene.rules.states[4] == "in place"

        server.run(
            "iptables", "-t", "raw", "-A", "cali-PREROUTING", "-m", "mark", "--mark", "0x1", "-j", "ACCEPT"
        )
        for _five_seconds in range(5):
            scene.look()
            # what calico-node does
            if scene.list("PREROUTING", "raw")[0] != ACCEPT:
                server.run("iptables", "-t", "raw", "-D", *ACCEPT.split()[1:])
                server.run("iptables", "-t", "raw", "-I", *ACCEPT.split()[1:])
            scene.now += 5
        assert scene.rules.states[4] == f"behind: iptables {ACCEPT}"
        assert scene.rules.puts[4] == 2
        said = [record.message for record in caplog.records if "stands before the rule" in record.message]
        assert len(said) == 1
        assert "cali-PREROUTING" in said[0]
        server.run("iptables", "-A", "INPUT", *OLD_SPEC.split())
        scene.now += AGAIN_S
        scene.old.look("ideolab_ban")
        assert scene.list("INPUT") == [f"-A INPUT {OLD_SPEC}"]
    server.run("iptables", "-t", "raw", "-F")
    server.run("iptables", "-t", "raw", "-X")
