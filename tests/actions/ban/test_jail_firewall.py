"""Sets and rules of a jail, repaired while the clock is ours."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.ban import jail_firewall
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.names import unique
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.ipset.element import Network, key_of
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
HOST, HOST6 = ip_network("198.51.100.7"), ip_network("2001:db8:c::7")


class Scene:
    """A firewall in a namespace; `held` is what fail2ban holds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.held: list[tuple[Network, int]] = []
        self.options = Options(set="jail", maxelem=1000)
        self.firewall = JailFirewall(self.options, lambda: self.held, clock=lambda: self.now)

    def ban(self, network: Network, timeout_s: int) -> None:
        self.held.append((network, timeout_s))
        self.firewall.add(key_of(network), timeout_s)


@pytest.fixture
def scene(lone: Namespace) -> Iterator[Scene]:
    made = Scene()
    with lone.enter():
        yield made
    made.firewall.close()


def test_place(scene: Scene, lone_kernel: Sets) -> None:
    """Sets and rules, once and again."""
    scene.firewall.place()
    scene.firewall.place()

    assert lone_kernel.members("ideolab_ban") == ["jail", "jail6"]
    assert scene.firewall.rules == {4: "in place", 6: "in place"}
    assert scene.firewall.is_consistent()
    assert rule.is_first(4)
    assert rule.is_first(6)


def test_what_is_lost_is_found(scene: Scene, lone_kernel: Sets) -> None:
    """Fewer elements than fail2ban holds: repaired; those that end within seconds do not count."""
    scene.firewall.place()
    scene.ban(HOST, 0)
    scene.ban(HOST6, 500)
    scene.ban(ip_network("203.0.113.1"), 5)
    lone_kernel.delete("jail", ip_network("203.0.113.1"))
    assert scene.firewall.is_consistent()
    lone_kernel.flush("jail")

    scene.now += jail_firewall.COMPARE_AGAIN_S / 2
    assert scene.firewall.is_consistent()  # not asked again so soon
    scene.now += jail_firewall.COMPARE_AGAIN_S
    assert not scene.firewall.is_consistent()
    scene.firewall.repair()

    assert scene.firewall.repaired == 1
    assert lone_kernel.header("jail").elements == 2
    scene.now += jail_firewall.COMPARE_AGAIN_S
    assert scene.firewall.is_consistent()


def test_list_and_rule_that_are_gone(scene: Scene, lone: Namespace) -> None:
    """A flushed chain is seen when the rules are looked at again."""
    scene.firewall.place()
    scene.ban(HOST, 0)
    lone.run("iptables", "-t", "raw", "-F", "PREROUTING")
    scene.now += jail_firewall.LOOK_AGAIN_S

    assert not scene.firewall.is_consistent()
    scene.firewall.repair()
    assert rule.is_first(4)
    for program in ("iptables", "ip6tables"):
        lone.run(program, "-t", "raw", "-F", "PREROUTING")
    lone.run("ipset", "destroy", "ideolab_ban")
    scene.now += jail_firewall.COMPARE_AGAIN_S
    assert not scene.firewall.is_consistent()


def test_rule_that_cannot_be_placed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ban is an error until the rule is there; the programs are tried again only now and then."""
    tried = []

    def place(version: int, _hook: str) -> None:
        tried.append(version)
        raise RuleError("iptables is not installed; apt-get install iptables")

    with monkeypatch.context() as broken:
        broken.setattr(rule, "place", place)
        with pytest.raises(RuleError, match=r"no rule drops their packets: missing: iptables is not"):
            scene.firewall.place()
        scene.firewall.add(key_of(HOST), 0)
        for _ban in range(3):
            with pytest.raises(RuleError):
                scene.firewall.require_rule(4)
        assert tried == [4, 6]
        scene.now += jail_firewall.LOOK_AGAIN_S
        with pytest.raises(RuleError):
            scene.firewall.require_rule(4)
        assert tried == [4, 6] * 2

    scene.now += jail_firewall.LOOK_AGAIN_S
    scene.firewall.require_rule(4)
    assert scene.firewall.rules == {4: "in place", 6: "in place"}


def test_first_use_without_a_start(scene: Scene, lone_kernel: Sets) -> None:
    """An action that fail2ban added at run time is never started: the first ban places everything."""
    scene.ban(HOST, 0)
    scene.firewall.require_rule(4)

    assert [found.network for found in lone_kernel.elements("jail")] == [HOST]
    assert rule.is_first(4)


def test_other_options_before_the_first_use(scene: Scene, lone_kernel: Sets) -> None:
    """Nothing is opened for a reload of a jail that was never used."""
    scene.firewall.use(Options(set="other"))

    assert lone_kernel.names() == []


def test_close(scene: Scene, lone_kernel: Sets) -> None:
    """Closing leaves the kernel as it is, and can be done twice."""
    scene.firewall.place()
    scene.ban(HOST, 0)
    scene.firewall.close()
    scene.firewall.close()

    assert lone_kernel.header("jail").elements == 1
    assert rule.is_first(4)


def test_set_of_the_administrators(scene: Scene, lone: Namespace, lone_kernel: Sets) -> None:
    """Bans go to a set of another name, also after a reload that asks for it again; theirs is left alone."""
    lone.run("ipset", "create", "jail", "hash:ip")
    lone.run("ipset", "add", "jail", "203.0.113.1")
    other = unique("jail", "jail")

    scene.firewall.place()
    scene.ban(HOST, 0)
    for maxelem in (1000, 2000):
        scene.firewall.use(dataclasses.replace(scene.options, maxelem=maxelem))

    assert scene.firewall.options == Options(set=other, maxelem=2000)
    assert lone_kernel.members("ideolab_ban") == [other, f"{other}6"]
    assert [found.network for found in lone_kernel.elements(other)] == [HOST]
    assert lone_kernel.names() == sorted(["ideolab_ban", "jail", other, f"{other}6"])
    assert lone.run("ipset", "list", "jail").splitlines()[-1] == "203.0.113.1"


def test_change_away_from_a_set_that_another_jail_shares(scene: Scene, lone_kernel: Sets) -> None:
    """The other jail keeps it, and so it does when this jail stops."""
    SET_NAMES.take("another", "another", {"set": "jail"})
    try:
        scene.firewall.place()
        scene.ban(HOST, 0)
        scene.firewall.use(dataclasses.replace(scene.options, set="moved"))
        assert lone_kernel.members("ideolab_ban") == ["jail", "jail6", "moved", "moved6"]

        scene.firewall.use(dataclasses.replace(scene.options, keep_on_stop=False))
        scene.firewall.close()
        assert lone_kernel.members("ideolab_ban") == ["jail", "jail6"]
    finally:
        SET_NAMES.release("another")
