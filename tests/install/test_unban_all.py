"""The pack's bans go: out of fail2ban, and out of the kernel of a namespace."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b import fail2ban_client
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.install import unban_all
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

        unban_all.drop_rules(said.append)
        unban_all.drop_sets(said.append)

        assert (sets.names(), server.run("iptables", "-S", "INPUT")) == (["theirs"], "-P INPUT ACCEPT\n")
        assert said == [
            "removed  the rules that match ideolab_ban",
            "removed  the sets ideolab_ban, named_by_admin, named_by_admin6",
        ]
        unban_all.drop_sets(lambda _text: pytest.fail("something was removed"))
        sets.close()
