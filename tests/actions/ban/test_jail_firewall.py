"""Sets and rules of a jail, repaired while the clock is ours."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.ban import jail_firewall
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import unique
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.ipset.element import Network, key_of
from ideolab_f2b.kernel.netlink import ModuleMissingError

pytestmark = pytest.mark.root
HOST, HOST6 = ip_network("198.51.100.7"), ip_network("2001:db8:c::7")


class Scene:
    """A firewall in a namespace; `held` is what fail2ban holds."""

    def __init__(self, backend: Backend) -> None:
        self.now = 1000.0
        self.held: list[tuple[Network, int]] = []
        self.backend = backend
        self.options = Options(set="jail", backend=backend.name, maxelem=1000)
        self.firewall = JailFirewall(self.options, lambda: self.held, clock=lambda: self.now)

    def is_first(self, version: int) -> bool:
        """Whether nothing stands before the rule of a family."""
        return all(one.is_first for one in self.backend.look(version).positions)

    def ban(self, network: Network, timeout_s: int) -> None:
        self.held.append((network, timeout_s))
        self.firewall.add(key_of(network), timeout_s)


@pytest.fixture
def scene(lone: Namespace, backend: Backend) -> Iterator[Scene]:
    made = Scene(backend)
    with lone.enter():
        yield made
    made.firewall.close()


def test_place(scene: Scene, backend_kernel: KernelSets) -> None:
    """Sets and rules, once and again."""
    scene.firewall.place()
    scene.firewall.place()

    assert backend_kernel.members("ideolab_ban") == ["jail", "jail6"]
    assert scene.firewall.rules == {4: "in place", 6: "in place"}
    assert scene.firewall.is_consistent()
    assert scene.is_first(4)
    assert scene.is_first(6)


def test_what_is_lost_is_found(scene: Scene, backend_kernel: KernelSets) -> None:
    """Fewer elements than fail2ban holds: repaired; those that end within seconds do not count."""
    scene.firewall.place()
    scene.ban(HOST, 0)
    scene.ban(HOST6, 500)
    scene.ban(ip_network("203.0.113.1"), 5)
    backend_kernel.delete("jail", ip_network("203.0.113.1"))
    assert scene.firewall.is_consistent()
    backend_kernel.flush("jail")

    scene.now += jail_firewall.COMPARE_AGAIN_S / 2
    assert scene.firewall.is_consistent()  # not asked again so soon
    scene.now += jail_firewall.COMPARE_AGAIN_S
    assert not scene.firewall.is_consistent()
    scene.firewall.repair()

    assert scene.firewall.repaired == 1
    assert backend_kernel.header("jail").elements == 2
    scene.now += jail_firewall.COMPARE_AGAIN_S
    assert scene.firewall.is_consistent()


@pytest.mark.parametrize("backend", ["ipset"], indirect=True)
def test_list_and_rule_that_are_gone(scene: Scene, lone: Namespace) -> None:
    """A flushed chain is seen when the rules are looked at again."""
    scene.firewall.place()
    scene.ban(HOST, 0)
    lone.run("iptables", "-t", "raw", "-F", "PREROUTING")
    scene.now += jail_firewall.LOOK_AGAIN_S

    assert not scene.firewall.is_consistent()
    scene.firewall.repair()
    assert scene.is_first(4)
    for program in ("iptables", "ip6tables"):
        lone.run(program, "-t", "raw", "-F", "PREROUTING")
    lone.run("ipset", "destroy", "ideolab_ban")
    scene.now += jail_firewall.COMPARE_AGAIN_S
    assert not scene.firewall.is_consistent()


@pytest.mark.parametrize("backend", ["ipset"], indirect=True)
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


def test_first_use_without_a_start(scene: Scene, backend_kernel: KernelSets) -> None:
    """An action that fail2ban added at run time is never started: the first ban places everything."""
    scene.ban(HOST, 0)
    scene.firewall.require_rule(4)

    assert [found.network for found in backend_kernel.elements("jail")] == [HOST]
    assert scene.is_first(4)


def test_other_options_before_the_first_use(scene: Scene, backend_kernel: KernelSets) -> None:
    """Nothing is opened for a reload of a jail that was never used."""
    scene.firewall.use(Options(set="other"))

    assert backend_kernel.names() == []


def test_close(scene: Scene, backend_kernel: KernelSets) -> None:
    """Closing leaves the kernel as it is, and can be done twice."""
    scene.firewall.place()
    scene.ban(HOST, 0)
    scene.firewall.close()
    scene.firewall.close()

    assert backend_kernel.header("jail").elements == 1
    assert scene.is_first(4)


@pytest.mark.parametrize("backend", ["ipset"], indirect=True)
def test_set_of_the_administrators(scene: Scene, lone: Namespace, backend_kernel: KernelSets) -> None:
    """Bans go to a set of another name, also after a reload that asks for it again; theirs is left alone."""
    lone.run("ipset", "create", "jail", "hash:ip")
    lone.run("ipset", "add", "jail", "203.0.113.1")
    other = unique("jail", "jail")

    scene.firewall.place()
    scene.ban(HOST, 0)
    for maxelem in (1000, 2000):
        scene.firewall.use(dataclasses.replace(scene.options, maxelem=maxelem))

    assert scene.firewall.options == Options(set=other, backend="ipset", maxelem=2000)
    assert backend_kernel.members("ideolab_ban") == [other, f"{other}6"]
    assert [found.network for found in backend_kernel.elements(other)] == [HOST]
    assert backend_kernel.names() == sorted(["ideolab_ban", "jail", other, f"{other}6"])
    assert lone.run("ipset", "list", "jail").splitlines()[-1] == "203.0.113.1"


def test_change_away_from_a_set_that_another_jail_shares(scene: Scene, backend_kernel: KernelSets) -> None:
    """The other jail keeps it, and so it does when this jail stops."""
    SET_NAMES.take("another", "another", {"set": "jail"})
    try:
        scene.firewall.place()
        scene.ban(HOST, 0)
        scene.firewall.use(dataclasses.replace(scene.options, set="moved"))
        assert sorted(backend_kernel.members("ideolab_ban")) == ["jail", "jail6", "moved", "moved6"]

        scene.firewall.use(dataclasses.replace(scene.options, keep_on_stop=False))
        scene.firewall.close()
        assert backend_kernel.members("ideolab_ban") == ["jail", "jail6"]
    finally:
        SET_NAMES.release("another")


def test_change_of_the_backend(scene: Scene, lone: Namespace, backend_kernel: KernelSets) -> None:
    """What fail2ban holds is in the other one, then gone from this one; and back again."""
    other = BACKENDS["nft" if scene.backend.name == "ipset" else "ipset"]
    scene.firewall.place()
    scene.ban(HOST, 0)
    scene.ban(HOST6, 600)
    for wanted in (other, scene.backend):
        scene.firewall.use(dataclasses.replace(scene.options, backend=wanted.name))
        assert scene.firewall.backend is wanted
        assert scene.firewall.rules == {4: "in place", 6: "in place"}
        with contextlib.closing(wanted.open()) as kernel:
            assert [found.network for found in kernel.elements("jail")] == [HOST]
    assert [found.network for found in backend_kernel.elements("jail6")] == [HOST6]
    with contextlib.closing(other.open()) as kernel:
        assert "jail" not in kernel.names()


def test_backend_that_cannot_work(scene: Scene, lone: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bans go on where they are, and the error says why."""
    other = BACKENDS["nft" if scene.backend.name == "ipset" else "ipset"]
    scene.firewall.place()
    scene.ban(HOST, 0)

    def place(version: int, hook: str) -> None:
        raise RuleError("no")

    with monkeypatch.context() as broken:
        broken.setattr(other, "place", place)
        with pytest.raises(RuleError, match="no rule drops their packets: missing: no"):
            scene.firewall.use(dataclasses.replace(scene.options, backend=other.name))

    assert scene.firewall.backend is scene.backend
    assert scene.firewall.rules == {4: "in place", 6: "in place"}
    assert scene.firewall.networks() == [HOST]
    assert scene.is_first(4)


def test_backend_of_a_host_that_had_none(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a reload a jail whose backend could not be opened has the one that works by then."""
    other = next(each for each in BACKENDS.values() if each is not scene.backend)

    def fail() -> KernelSets:
        raise ModuleMissingError(errno.EINVAL, "nf_tables")

    scene.firewall.use(dataclasses.replace(scene.options, backend=other.name))
    with monkeypatch.context() as broken, pytest.raises(ModuleMissingError):
        broken.setattr(other, "open", fail)
        scene.firewall.place()
    assert scene.firewall.backend is other

    scene.firewall.use(scene.options)

    assert scene.firewall.backend is scene.backend
    scene.ban(HOST, 600)
    assert scene.firewall.networks() == [HOST]


def test_start_takes_over_what_the_other_backend_holds(scene: Scene, backend_kernel: KernelSets) -> None:
    """With the time that is left: a restart with another backend finds it so."""
    other = BACKENDS["nft" if scene.backend.name == "ipset" else "ipset"]
    with contextlib.closing(other.open()) as kernel:
        before = JailSets(kernel, "jail", 1000)
        before.place()
        before.add(HOST, 0)
        before.add(HOST6, 500)
        scene.firewall.place()
        assert kernel.members("ideolab_ban") == []

    assert [(found.network, found.timeout_s) for found in backend_kernel.elements("jail")] == [(HOST, None)]
    left_s = [found.timeout_s for found in backend_kernel.elements("jail6")]
    assert 480 <= (left_s[0] or 0) <= 500
