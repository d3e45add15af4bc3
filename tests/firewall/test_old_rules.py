"""Rules that stand where they do not belong, in both variants of iptables."""

from __future__ import annotations

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import old_rules, rule
from ideolab_f2b.firewall.chains import HOOKS
from ideolab_f2b.firewall.position import OLD_SPEC
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
RAW = HOOKS["prerouting"]


@pytest.fixture
def old(lone: Namespace, lone_kernel: Sets) -> Namespace:
    """A namespace with the rule in raw, and those of an earlier version in all chains of both variants."""
    lone_kernel.create_list("ideolab_ban")
    with lone.enter():
        rule.place(4)
    for variant in ("nft", "legacy"):
        program = f"iptables-{variant}"
        lone.run(program, "-N", "DOCKER-USER")
        for chain in HOOKS["input"]:
            lone.run(program, "-A", chain, "-p", "udp", "-j", "ACCEPT")
            lone.run(program, "-A", chain, *OLD_SPEC.split())
    return lone


def test_found_and_removed(old: Namespace) -> None:
    """Ours alone, whatever stands in front; what is kept is not looked at."""
    with old.enter():
        found = list(old_rules.find(4, RAW))
        assert {(one.place.program, one.place.chain, one.place.is_main) for one in found} == {
            (f"iptables-{variant}", chain, variant == "nft")
            for variant in ("nft", "legacy")
            for chain in HOOKS["input"]
        }
        for one in found:
            old_rules.remove(one)
        assert list(old_rules.find(4, RAW)) == []
        assert rule.is_first(4)
        old_rules.remove_all(4)
        assert not any(one.copies for one in rule.look(4).positions)
    for variant in ("nft", "legacy"):
        assert old.run(f"iptables-{variant}", "-S").count("-p udp -j ACCEPT") == 3


def test_rule_of_the_other_variant(old: Namespace) -> None:
    """The alternative was switched after the rule had been put: that in raw goes too."""
    old.run("iptables-legacy", "-t", "raw", "-A", "PREROUTING", *rule.SPEC.split())
    with old.enter():
        found = [one.place for one in old_rules.find(4, RAW)]
    assert ("iptables-legacy", "PREROUTING", False) in found
    assert ("iptables-nft", "PREROUTING", True) not in found
