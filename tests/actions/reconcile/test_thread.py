"""The thread that keeps the kernel at what fail2ban holds: its passes, its rules, its comings and goings."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

import pytest

from demo.lab.error import LabError
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.reconcile import thread as reconcile_thread
from ideolab_f2b.actions.reconcile.allowance import Allowance
from ideolab_f2b.actions.reconcile.one_pass import InterruptedPassError, Member
from ideolab_f2b.actions.reconcile.thread import ReconcileThread
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backend import BACKENDS
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.rule import Placement, RuleError
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.netlink import ModuleMissingError
from ideolab_f2b.kernel.nft.sets import NftSets
from tests.actions.reconcile.test_one_pass import Book

pytestmark = pytest.mark.root
A = ip_network("198.51.100.7")


class Scene:
    """A reconcile thread without its thread, in a namespace: it works when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.reconcile = ReconcileThread(lambda: self.now, sleep=lambda _seconds: None)
        self.book = Book()
        self.options = Options(set="jail", maxelem=1000)
        self.told: list[dict[int, str]] = []
        self.member = Member("jail", self.book, lambda: self.options, lambda _network: None, self._rules)

    def _rules(self, states: Mapping[int, str]) -> None:
        self.told.append(dict(states))

    def value(self, name: str) -> dict[tuple[str, ...], float]:
        """Of a metric, by its labels."""
        return {
            labels: value
            for sample in self.reconcile.samples()
            if sample.name == f"ideolab_f2b_{name}"
            for labels, value in sample.values.items()
        }


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reconcile thread that only waits for its jails to go."""
    monkeypatch.setattr(ReconcileThread, "_run", lambda self: None)


@pytest.fixture
def scene(lone: Namespace, idle: None) -> Iterator[Scene]:
    made = Scene()
    with lone.enter():
        made.reconcile.add(made.member)
        yield made
        made.reconcile.remove(made.member)


def test_one_pass_puts_all_in_place(scene: Scene, lone: Namespace, lone_kernel: Sets) -> None:
    """Sets, list, elements and rules, from nothing; counted, and told to the jail."""
    scene.book.put(A)
    scene.reconcile.look()

    assert lone_kernel.members("ideolab_ban") == ["jail", "jail6"]
    assert [found.network for found in lone_kernel.elements("jail")] == [A]
    assert rule.is_first(4)
    assert rule.is_first(6)
    assert scene.told == [{4: "in place", 6: "in place"}]
    assert scene.reconcile.stats() == {
        "passes": 1,
        "drift": {"jail": 1, "jail6": 0},
        "repairs": {"jail": 3, "jail6": 2, "ideolab_ban": 2},
        "last_error": "",
        "old_rules": 0,
    }


def test_rules_that_were_flushed_and_moved(scene: Scene, lone: Namespace) -> None:
    """The raw table flushed, a rule in front: ours is first again. iptables -F does nothing to it."""
    scene.reconcile.look()
    lone.run("iptables", "-F")
    lone.run("iptables", "-t", "raw", "-F")
    lone.run("ip6tables", "-t", "raw", "-I", "PREROUTING", "-j", "ACCEPT")

    scene.reconcile.look()

    assert rule.is_first(4)
    assert rule.is_first(6)
    assert scene.reconcile.stats()["repairs"]["ideolab_ban"] == 4
    scene.reconcile.look()
    assert scene.reconcile.stats()["repairs"]["ideolab_ban"] == 4


def test_stale_element_waits_for_a_jail_that_is_old_enough(scene: Scene, lone_kernel: Sets) -> None:
    """Lifted in the second pass, and not before the jail has had its time to restore bans."""
    scene.reconcile.look()
    lone_kernel.add("jail", A, 600)
    for _pass in range(3):
        scene.reconcile.look()
    assert len(list(lone_kernel.elements("jail"))) == 1
    assert scene.value("drift_elements") == {("jail",): 1.0, ("jail6",): 0.0}

    scene.now += reconcile_thread.SETTLED_S
    scene.reconcile.look()

    assert list(lone_kernel.elements("jail")) == []
    scene.reconcile.look()
    assert scene.value("drift_elements") == {("jail",): 0.0, ("jail6",): 0.0}
    assert scene.value("repairs_total")[("jail",)] == 3.0


def test_metrics(scene: Scene, lone_kernel: Sets) -> None:
    """What the kernel holds now, how full it is, and when all was well last."""
    assert scene.value("kernel_elements") == {}
    before = time.time()
    scene.book.put(A)
    scene.reconcile.look()
    lone_kernel.add("jail6", ip_network("2001:db8:c::/64"), 0)

    assert scene.value("kernel_elements") == {("jail",): 1.0, ("jail6",): 1.0}
    assert scene.value("set_fill_ratio") == {("jail",): 0.001, ("jail6",): 0.001}
    assert scene.value("dropped_packets_total") == {("ideolab_ban",): 0.0}
    assert before <= scene.value("last_success_timestamp_seconds")[("reconcile",)] <= time.time()


def test_drift_of_a_set_that_is_no_more_used(scene: Scene) -> None:
    """A reload gave the jail another set: the old one's number does not stay."""
    scene.book.put(A)
    scene.reconcile.look()
    scene.options = Options(set="other", maxelem=1000)
    scene.reconcile.look()

    assert scene.value("drift_elements") == {("other",): 1.0, ("other6",): 0.0}


def test_trouble_is_told_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The elements are put back all the same, each pass tries again, and the log is not filled."""

    def fail(version: int, hook: str) -> Placement:
        raise RuleError("iptables is not installed; apt-get install iptables")

    scene.book.put(A)
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR, "fail2ban.ideolab-ban"):
        broken.setattr(rule, "look", fail)
        for _pass in range(3):
            scene.reconcile.look()

    assert [record.message for record in caplog.records] == [
        "cannot keep the kernel at what fail2ban holds: ideolab_ban: "
        "missing: iptables is not installed; apt-get install iptables",
    ]
    assert scene.value("kernel_elements")[("jail",)] == 1.0
    assert scene.value("last_success_timestamp_seconds") == {}
    assert scene.told[-1][4].startswith("missing: iptables is not")
    scene.reconcile.look()
    assert scene.reconcile.stats()["last_error"] == ""
    assert scene.told[-1] == {4: "in place", 6: "in place"}


def test_one_broken_set_does_not_keep_the_others_from_being_repaired(scene: Scene, lone_kernel: Sets) -> None:
    """Each set is a try of its own."""
    lone_kernel.create("bad", "inet6")
    bad = Options(set="bad")
    member = Member("bad", Book(), lambda: bad, lambda _network: None, lambda _rules: None)
    scene.reconcile.add(member)
    scene.book.put(A)
    scene.reconcile.look()
    scene.reconcile.remove(member)

    assert scene.value("kernel_elements")[("jail",)] == 1.0
    assert scene.reconcile.stats()["last_error"].startswith("bad: ")


def test_backend_that_does_not_work(scene: Scene, lone_kernel: Sets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its jail is told, the jails of the other are looked after; what that jail had there stays in force."""

    def fail() -> NftSets:
        raise ModuleMissingError(errno.EINVAL, "nf_tables")

    was = JailSets(lone_kernel, "was_ipset", 1000)
    was.place()
    was.add(A, 600)
    monkeypatch.setattr(BACKENDS["nft"], "open", fail)
    nft = Options(set="was_ipset", backend="nft")
    taken = SET_NAMES.take(scene, "was_ipset", {"set": "was_ipset"})[0].set
    member = Member("nft", Book(), lambda: nft, lambda _n: None, lambda _r: None, lambda: BACKENDS["nft"])
    # before the other one
    scene.reconcile.remove(scene.member)
    for each in (member, scene.member):
        scene.reconcile.add(each)
    scene.book.put(A)
    for _pass in range(3):
        scene.reconcile.look()
        scene.now += 100
    values = scene.value("kernel_elements")
    scene.reconcile.remove(member)
    SET_NAMES.release(scene)

    assert taken == "was_ipset"
    assert values == {("jail",): 1.0, ("jail6",): 0.0}
    assert scene.reconcile.stats()["last_error"].startswith("nft: nf_tables: ")
    assert [each.network for each in lone_kernel.elements("was_ipset")] == [A]


def test_stopping_jail_does_not_keep_the_others_from_being_repaired(scene: Scene) -> None:
    """It has emptied its list and hangs in another action."""
    stopping = Book()
    stopping.is_active = False
    options = Options(set="a_first")
    member = Member("a", stopping, lambda: options, lambda _network: None, lambda _rules: None)
    scene.reconcile.add(member)
    scene.book.put(A)
    scene.reconcile.look()
    scene.reconcile.remove(member)

    assert scene.value("kernel_elements") == {("jail",): 1.0, ("jail6",): 0.0}


def test_nothing_is_touched_while_it_is_paused(scene: Scene, lone: Namespace) -> None:
    """Who renames sets waits for the pass, and the pass for them; the pass that waited begins anew."""
    entered = threading.Event()

    def pause() -> None:
        with scene.reconcile.paused():
            entered.set()

    waiter = threading.Thread(target=pause)

    def change() -> None:
        waiter.start()
        wait_until(lambda: scene.reconcile._waiting, "nobody waits")

    scene.book.put(A)
    scene.book.before["tickets"] = [change]
    with pytest.raises(InterruptedPassError):
        scene.reconcile.look()
    waiter.join(5)

    assert entered.is_set()
    scene.reconcile.look()
    assert scene.value("kernel_elements")[("jail",)] == 1.0


def test_thread_lives_as_long_as_its_jails(monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts with the first, passes as asked, and ends with the last; its source goes with it."""
    passes: list[int] = []
    one = ReconcileThread()
    monkeypatch.setattr(one, "_look", lambda members: passes.append(len(members)))
    options = Options(set="jail")
    first, second = (
        Member(name, Book(), lambda: options, lambda _network: None, lambda _rules: None) for name in "ab"
    )
    monkeypatch.setattr(reconcile_thread, "HURRIED_S", 0.01)

    one.add(first)
    one.add(second)
    one.add(second)
    wanted = one.hurry()
    wait_until(lambda: one.passes >= wanted, "not two passes")
    one.remove(first)
    thread = one._thread
    assert thread is not None
    assert thread.is_alive()
    one.remove(second)
    one.remove(second)
    thread.join(5)

    assert passes == [2, 2]
    assert not thread.is_alive()
    one.add(first)
    assert one._thread is not thread
    one.remove(first)
    assert "ideolab-reconcile" not in metric_sources._sources


def test_sums_are_told_once_after_all_jails_have_started_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the last jail leaves to the exporter begins at 0 here."""
    for name in ("_sources", "_last", "_errors"):
        monkeypatch.setattr(metric_sources, name, {})
    monkeypatch.setattr(metric_sources, "_kept", [])

    def told() -> dict[str, float]:
        names = ("ideolab_f2b_repairs_total", "ideolab_f2b_dropped_packets_total")
        samples = metric_sources.collect()
        return {sample.name: sum(sample.values.values()) for sample in samples if sample.name in names}

    scene.reconcile.add(scene.member)
    scene.reconcile.look()
    scene.reconcile._counted.dropped = 100
    before = told()
    assert before == {"ideolab_f2b_repairs_total": 6.0, "ideolab_f2b_dropped_packets_total": 100.0}

    scene.reconcile.remove(scene.member)
    assert told() == before
    scene.reconcile.add(scene.member)
    assert told() == before


def test_thread_outlives_what_a_pass_throws(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it is, the next pass is made."""
    troubles: list[BaseException] = [SystemExit(1), InterruptedPassError("jail"), ValueError("odd")]
    one = ReconcileThread()

    def look(_members: Any) -> None:
        if troubles:
            raise troubles.pop(0)

    monkeypatch.setattr(one, "_look", look)
    monkeypatch.setattr(reconcile_thread, "HURRIED_S", 0.01)
    options = Options(set="jail")
    member = Member("jail", Book(), lambda: options, lambda _network: None, lambda _rules: None)
    one.add(member)
    wanted = one.hurry()
    wait_until(lambda: one.passes >= wanted, "not two passes")
    thread = one._thread
    one.remove(member)
    assert thread is not None
    thread.join(5)

    assert "cannot keep the kernel at what fail2ban holds: pass: odd" in caplog.text


def test_all_is_back_within_a_minute() -> None:
    """Two passes, when the first was just over, and their time."""
    assert 2 * (reconcile_thread.EVERY_S + 4) < 60


def test_glance_puts_back_at_once(scene: Scene, lone: Namespace, lone_kernel: Sets) -> None:
    """Between two passes: flushed rules, flushed sets, all destroyed; without a loss nothing is done."""
    scene.book.put(A)
    scene.reconcile.look()
    scene.reconcile.glance()
    assert scene.reconcile.passes == 1

    lone.run("iptables", "-t", "raw", "-F")
    scene.reconcile.glance()
    assert rule.is_first(4)
    assert scene.reconcile.passes == 1

    # the list loses its members with all sets
    lone.run("ipset", "flush")
    scene.reconcile.glance()
    assert lone_kernel.members("ideolab_ban") == ["jail", "jail6"]
    assert [found.network for found in lone_kernel.elements("jail")] == [A]

    lone.run("ipset", "flush", "jail")
    scene.reconcile.glance()
    assert list(lone_kernel.elements("jail")) == []  # a ban that is just being made looks the same
    scene.reconcile.glance()
    assert [found.network for found in lone_kernel.elements("jail")] == [A]

    for program in ("iptables", "ip6tables"):
        lone.run(program, "-t", "raw", "-F")
    # the kernel lets go of the list a moment after the rule
    wait_until(lambda: _is_destroyed(lone), "the sets are there")
    scene.reconcile.glance()
    assert rule.is_first(4)
    assert rule.is_first(6)
    assert [found.network for found in lone_kernel.elements("jail")] == [A]
    repairs, passes = scene.reconcile.stats()["repairs"], scene.reconcile.passes
    for _glance in range(3):
        scene.reconcile.glance()
    assert (scene.reconcile.stats()["repairs"], scene.reconcile.passes) == (repairs, passes)


def _is_destroyed(namespace: Namespace) -> bool:
    try:
        namespace.run("sh", "-c", "ipset flush ideolab_ban; ipset destroy")
    except LabError:
        return False
    return True


def test_glance_has_its_limit(scene: Scene, lone_kernel: Sets) -> None:
    """What cannot be put back costs a few passes in a row, then one in ten seconds; a restore costs none."""
    scene.book.put(A)
    scene.reconcile.remove(scene.member)
    scene.member = Member(
        "other", scene.book, lambda: scene.options, lambda _network: "protected", lambda _rules: None
    )
    scene.reconcile.add(scene.member)
    scene.reconcile.look()
    lone_kernel.flush("jail")
    scene.book.is_queued = True
    for _glance in range(3):
        scene.reconcile.glance()
    assert scene.reconcile.passes == 1
    scene.book.is_queued = False
    lone_kernel.flush("jail")
    scene.reconcile._allowance = Allowance(2, 10.0, lambda: scene.now)
    for _glance in range(20):
        scene.reconcile.glance()

    assert scene.reconcile.passes == 3
