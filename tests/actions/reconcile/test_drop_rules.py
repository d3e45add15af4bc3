"""The rule beside other programs: put back, moved once, and counted only where it was really put right."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Optional

import pytest

from ideolab_f2b.actions.reconcile.contest import AGAIN_S
from ideolab_f2b.actions.reconcile.drop_rules import DropRules
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backends.ipset import IpsetBackend
from ideolab_f2b.firewall.position import SPEC, Position, read_position
from ideolab_f2b.firewall.rule import Placement, RuleError, RuleUnseenError
from ideolab_f2b.firewall.rule_trace import RuleTraces, Trace

OURS = f"-A PREROUTING {SPEC}"
CALICO = "-A PREROUTING -j cali-PREROUTING"


class Chains(RuleTraces):
    """PREROUTING of both families as lists; who wants the first place takes it after each change of ours."""

    def __init__(self) -> None:
        self.rules = {4: list[str](), 6: list[str]()}
        self.in_front = ""
        self.puts = 0
        self.error: Optional[RuleError] = None

    def read(self, version: int, _chains: Sequence[str]) -> Trace:
        return tuple(line.encode() for line in self.rules[version])

    def look(self, version: int, hook: str) -> Placement:
        if self.error is not None:
            raise self.error
        chains = {"cali-PREROUTING": ["-A cali-PREROUTING -j ACCEPT"]}
        return Placement([read_position("PREROUTING", self.rules[version], chains)], hook)

    def put_first(self, version: int, _position: Position) -> None:
        self.puts += 1
        rest = [line for line in self.rules[version] if line not in (OURS, self.in_front)]
        self.rules[version] = [OURS, *rest]

    def felix(self) -> None:
        """What calico-node does every few seconds with ChainInsertMode=Insert."""
        for rules in self.rules.values():
            if rules[0] != CALICO:
                rules[:] = [CALICO, *(line for line in rules if line != CALICO)]


class Scene:
    def __init__(self, chains: Chains) -> None:
        self.now, self.chains, self.counted = 1000.0, chains, ReconcileCounts()
        self.rules = DropRules(self.counted, lambda: self.now, IpsetBackend(chains))

    @property
    def repairs(self) -> int:
        return self.counted.repairs.get("ideolab_ban", 0)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    chains = Chains()
    monkeypatch.setattr(rule, "look", chains.look)
    monkeypatch.setattr(rule, "put_first", chains.put_first)
    return Scene(chains)


def test_flushed_rules_are_seen_and_put_back(scene: Scene) -> None:
    """A look that found all well is not made again until something changes."""
    assert scene.rules.is_look_due()
    scene.rules.look("ideolab_ban")
    assert not scene.rules.is_look_due()
    assert scene.repairs == 2
    scene.chains.rules[4].clear()

    assert scene.rules.is_look_due()
    scene.rules.look("ideolab_ban")

    assert scene.chains.rules[4] == [OURS]
    assert scene.rules.states == {4: "in place", 6: "in place"}
    assert scene.repairs == 3
    assert not scene.rules.is_look_due()


def test_two_who_want_to_be_first(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Calico puts its jump in front again each five seconds: moved once, said once, and not fought over."""
    scene.rules.look("ideolab_ban")
    caplog.clear()
    with caplog.at_level(logging.WARNING, "fail2ban.ideolab-ban"):
        for _five_seconds in range(100):
            scene.chains.felix()
            if scene.rules.is_look_due():
                scene.rules.look("ideolab_ban")
            scene.now += 5

    assert scene.chains.puts == 2 + 2
    assert scene.repairs == 2 + 2
    assert scene.rules.states == {4: f"behind: iptables {CALICO}", 6: f"behind: ip6tables {CALICO}"}
    behind = [record.message for record in caplog.records if "stands before" in record.message]
    assert behind == [
        f"{program}: '{CALICO}' stands before the rule for ideolab_ban and may accept packets of banned "
        "addresses; it came back when the rule was moved: let its program append its rules instead "
        "(Calico: ChainInsertMode=Append)"
        for program in ("iptables", "ip6tables")
    ]
    assert len(caplog.records) == len(behind)

    scene.now += AGAIN_S
    scene.rules.look("ideolab_ban")
    assert scene.rules.states == {4: "in place", 6: "in place"}


def test_repair_that_was_none(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """iptables said yes and the rule is not there: no repair is counted, and it is an error."""
    monkeypatch.setattr(rule, "put_first", lambda _version, _position: None)

    with pytest.raises(RuleError, match="iptables PREROUTING: the rule was put, and is gone again"):
        scene.rules.look("ideolab_ban")

    assert scene.repairs == 0
    assert scene.rules.states[4].startswith("missing: ")
    # the next pass tries again; nothing forks twice a second meanwhile
    assert not scene.rules.is_look_due()


def test_lock_of_another_program(scene: Scene) -> None:
    """Without the lock the kernel shows that nothing has changed; what has is unknown until it is seen."""
    scene.rules.look("ideolab_ban")
    repairs = scene.repairs
    scene.chains.error = RuleUnseenError(
        "iptables -S PREROUTING: Another app is currently holding the xtables lock"
    )
    scene.rules.look("ideolab_ban")
    assert scene.rules.states == {4: "in place", 6: "in place"}

    scene.chains.rules[4].insert(0, CALICO)
    with pytest.raises(RuleUnseenError, match="unknown: iptables -S PREROUTING: Another app"):
        scene.rules.look("ideolab_ban")
    assert scene.rules.states[6] == "in place"
    assert scene.rules.is_look_due()
    scene.chains.error = None
    scene.chains.rules[4].remove(CALICO)
    scene.rules.look("ideolab_ban")

    assert scene.rules.states == {4: "in place", 6: "in place"}
    assert scene.repairs == repairs


def test_lock_where_the_kernel_shows_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule is in the other variant's tables, as far as anybody knows: nothing is proved by silence."""
    monkeypatch.setattr(scene.chains, "read", lambda _version, _chains: ())
    scene.rules.look("ideolab_ban")
    assert scene.rules.states[4] == "in place"
    scene.chains.error = RuleUnseenError("Another app is currently holding the xtables lock")

    with pytest.raises(RuleUnseenError):
        scene.rules.look("ideolab_ban")

    assert scene.rules.states[4] == "unknown: Another app is currently holding the xtables lock"


def test_lock_before_the_rule_was_ever_seen(scene: Scene) -> None:
    """It is missing as far as anybody knows: bans say so."""
    scene.chains.error = RuleUnseenError("Another app is currently holding the xtables lock")

    with pytest.raises(RuleUnseenError):
        scene.rules.look("ideolab_ban")

    assert scene.rules.states[4] == "missing: Another app is currently holding the xtables lock"


def test_without_ipv6(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs no rule, and none is missed."""
    monkeypatch.setattr(rule, "has_ipv6", lambda: False)
    look = scene.chains.look

    def ask(version: int, hook: str) -> Placement:
        if version == 6:
            raise RuleError("ip6tables -t filter -S INPUT: no such table")
        return look(version, hook)

    monkeypatch.setattr(rule, "look", ask)
    scene.rules.look("ideolab_ban")

    assert scene.rules.states == {4: "in place", 6: "IPv6 is disabled"}
    assert not scene.rules.is_look_due()
