"""Which hook the rule should have, as the server says, or as the rules stand while it is down."""

from __future__ import annotations

import json

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import repair, rule_hook
from ideolab_f2b.firewall import rule
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.bans.conftest import Host

pytestmark = pytest.mark.root


def test_as_the_server_says(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """What its jails agreed on; nothing without a server."""
    told = json.loads(host.server.ask("get", "ideolab-manual", "action", "ideolab-ban", "stats"))
    assert told["hook"] == "prerouting"
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"a", "b"})
    monkeypatch.setattr(fail2ban_client, "find_action", lambda jail, _action: "x" if jail == "b" else "")
    for stats, hook in (({"hook": "input"}, "input"), ({"hook": "x"}, None), ({}, None), (None, None)):
        monkeypatch.setattr(fail2ban_client, "stats", lambda _jail, _action, stats=stats: stats)
        assert rule_hook.ask() == hook


def test_as_the_rules_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A router's rules are put back where they were; the default where no rule is left."""

    def fail() -> set[str]:
        raise fail2ban_client.ServerDownError("down")

    monkeypatch.setattr(fail2ban_client, "jails", fail)
    with link_namespaces("f2bc-hook") as (server, _client), server.enter():
        sets = Sets()
        sets.create_list("ideolab_ban")
        sets.close()
        assert rule_hook.find(4) == "prerouting"
        rule.place(4, "input")
        assert rule_hook.find(4) == "input"
        assert rule_hook.find(6) == "prerouting"
        server.run("iptables", "-I", "INPUT", "-j", "ACCEPT")
        assert repair.put_rules() == ["iptables", "ip6tables"]
        assert _chains(server) == ["INPUT", "FORWARD"]


def _chains(server: Namespace) -> list[str]:
    """The chains of IPv4 that have the rule."""
    text = server.run("iptables", "-S") + server.run("iptables", "-t", "raw", "-S")
    return [line.split()[1] for line in text.splitlines() if "ideolab_ban " in line]
