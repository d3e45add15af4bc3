"""The pack's bans go: out of fail2ban, and out of the kernel of a namespace."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b import fail2ban_client
from ideolab_f2b.firewall import port_rule, rule
from ideolab_f2b.firewall.backend import BACKENDS, find_in_kernel
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.firewall.saved.rules import SavedRule, SavedRules
from ideolab_f2b.install import unban_all
from ideolab_f2b.kernel.ipset.error import SetBusyError
from ideolab_f2b.kernel.ipset.sets import Sets


def test_only_jails_of_ours_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their bans are lifted first, so that fail2ban's database forgets them."""
    asked: list[tuple[str, ...]] = []
    said: list[str] = []
    monkeypatch.setattr(fail2ban_client, "is_up", lambda: True)
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"sshd", "ideolab-manual"})
    monkeypatch.setattr(fail2ban_client, "ask", lambda *words: asked.append(words))

    unban_all.stop_jails(said.append)

    assert asked == [("reload", "--unban", "ideolab-manual"), ("stop", "ideolab-manual")]
    assert said == ["stopped  jail ideolab-manual"]


def test_a_fail2ban_that_is_down_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no jail to stop."""
    monkeypatch.setattr(fail2ban_client, "is_up", lambda: False)

    unban_all.stop_jails(lambda _text: pytest.fail("something was stopped"))


@pytest.mark.root
def test_rules_and_sets_are_removed() -> None:
    """Ours, by any name that the list has; a set of somebody else stays. A second time there is nothing."""
    said: list[str] = []
    with link_namespaces("f2binst-unban") as (server, _client), server.enter():
        sets = Sets()
        JailSets(sets, "named_by_admin", 1000).place()
        sets.add("named_by_admin", ip_network("198.51.100.7"), 0)
        server.run("ipset", "create", "theirs", "hash:net")
        rule.place(4)
        rule.place(6)
        JailSets(sets, "a_port", 1000, "ideolab_ban_port").place()
        port_rule.put(4, {"a_port": PortScope(("tcp",), (80,))})

        unban_all.drop_rules(said.append)
        unban_all.drop_sets(said.append)

        assert (sets.names(), server.run("iptables", "-t", "raw", "-S", "PREROUTING")) == (
            ["theirs"],
            "-P PREROUTING ACCEPT\n",
        )
        assert said == [
            "removed  the rules that match ideolab_ban (ipset)",
            "removed  the sets ideolab_ban, ideolab_ban_port, a_port, a_port6, named_by_admin, "
            "named_by_admin6",
        ]
        unban_all.drop_sets(lambda _text: pytest.fail("something was removed"))
        sets.close()


@pytest.mark.root
def test_sets_that_something_else_uses_are_emptied() -> None:
    """What a rule or a list of the administrator's refers to stays without elements; all others go."""
    said: list[str] = []
    with link_namespaces("f2binst-busy") as (server, _client), server.enter():
        sets = Sets()
        for name in ("ideolab_manual", "site1"):
            JailSets(sets, name, 1000).place()
            sets.add(name, ip_network("198.51.100.7"), 0)
        # of a version before, and in no list
        sets.create("ideolab_slowacc", "inet")
        sets.create_list("theirs")
        sets.link("theirs", "site1")
        server.run(
            "iptables",
            "-t",
            "raw",
            "-A",
            "PREROUTING",
            "-m",
            "set",
            "--match-set",
            "ideolab_ban",
            "src",
            "-j",
            "LOG",
        )

        with pytest.raises(SetBusyError, match=r"destroy ideolab_ban, site1: .* uses it; emptied"):
            unban_all.drop_sets(said.append)

        assert sets.names() == ["ideolab_ban", "site1", "theirs"]
        assert (list(sets.elements("site1")), sets.members("ideolab_ban")) == ([], [])
        assert said == ["removed  the sets ideolab_manual, ideolab_manual6, ideolab_slowacc, site16"]
        sets.close()


def test_saved_rules_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody makes their list at the next boot: which files, and what takes the rule out of them."""
    monkeypatch.setattr("ideolab_f2b.firewall.saved.rules.find", lambda: SavedRules([], 2, []))
    unban_all.require_no_saved_rule()
    held = SavedRule(tmp_path / "rules.v4", False)
    monkeypatch.setattr("ideolab_f2b.firewall.saved.rules.find", lambda: SavedRules([held], 2, []))

    with pytest.raises(RuleError) as caught:
        unban_all.require_no_saved_rule()

    assert str(caught.value) == (
        f"{held.path}: without the pack nothing of a saved firewall that holds our rule is loaded at the next"
        " boot, and this host has no firewall then; this takes the rule out: sed -i -E "
        f"'/--match-set ideolab_ban /d' {held.path}"
    )


@pytest.mark.root
def test_the_table_of_nf_tables_is_removed() -> None:
    """With all that is in it; what is left of both backends goes in one call."""
    said: list[str] = []
    nft = BACKENDS["nft"]
    with link_namespaces("f2binst-nft") as (server, _client), server.enter():
        for backend in BACKENDS.values():
            sets = backend.open()
            JailSets(sets, "named_by_admin", 1000).place()
            sets.add("named_by_admin", ip_network("198.51.100.7"), 0)
            sets.add("named_by_admin", ip_network("203.0.113.0/24"), 0)
            JailSets(sets, "a_port", 1000, "ideolab_ban_port").place()
            for version in (4, 6):
                backend.place(version)
                backend.put_ports(version, {"a_port": PortScope(("tcp",), (80,))})
            if backend is nft:
                # what a jail that was killed had made, and not yet put into a list
                sets.create("not_linked", "inet", 1000)
            sets.close()
        nft.release()
        assert [one.name for one in find_in_kernel()] == ["ipset", "nft"]

        unban_all.drop_rules(said.append)
        unban_all.drop_sets(said.append)

        assert find_in_kernel() == []
        assert server.run("nft", "list", "tables", "inet") == ""
        assert said[:2] == [f"removed  the rules that match ideolab_ban ({name})" for name in BACKENDS]
        unban_all.drop_sets(lambda _text: pytest.fail("something was removed"))
