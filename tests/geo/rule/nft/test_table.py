"""The table of the country list: its names, and what nft shows of it."""

from __future__ import annotations

import pytest

from ideolab_f2b.geo.rule.nft import table
from tests.geo.rule.conftest import World, make_list

SHOWN = """\
	chain connections {
		type filter hook prerouting priority raw + 10; policy accept;
		tcp flags syn / fin,syn,rst,ack tcp dport @trial jump check-TWO
		tcp flags syn / fin,syn,rst,ack tcp dport @ports jump check-ONE
	}
	chain datagrams {
		type filter hook prerouting priority -190; policy accept;
		udp dport @udp-ports ct state new jump check-ONE
	}
	chain refuse4 {
		counter name "refused4" drop
	}
	chain check-ONE {
		iifname "lo" accept
		tcp dport @pause accept
		udp dport @pause accept
		jump exempt
		meta nfproto ipv4 jump list4-ONE
		meta nfproto ipv6 jump list6-ONE
		accept
	}
	chain list4-ONE {
		ip saddr & 255.255.255.128 == @countries4-25-ONE accept
		jump refuse4
	}
	chain list4-TWO {
		ip saddr & 255.255.255.128 == @countries4-25-TWO jump refuse4
	}
"""


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("check-abcdefgh", "abcdefgh"),
        ("list4-abcdefgh", "abcdefgh"),
        ("countries6-64-abcdefgh", "abcdefgh"),
        ("exempt4-24", ""),
        ("exempt", ""),
        ("udp-ports", ""),
        ("ports", ""),
        ("refuse4", ""),
        ("connections", ""),
    ],
)
def test_tokens(name: str, token: str) -> None:
    """What belongs to one list is told from what belongs to all."""
    assert table.token_of(name) == token


@pytest.mark.root
def test_what_nft_shows(world: World) -> None:
    """An administrator reads each rule: a list in force with QUIC, and one that is tried out."""
    one, two = make_list("198.51.100.0/25", "2001:db8:c:1::/64"), make_list("198.51.100.0/25", policy="deny")
    with world.server.enter():
        world.firewall("nft", quic=True).apply(one)
        world.firewall("nft").apply(two, trial_s=600.0)
        state = world.firewall("nft").look()[1]

    shown = world.server.run("nft", "list", "table", "inet", "ideolab_geo")

    shown = shown.replace(state.token, "ONE").replace(state.trial, "TWO")
    chains = {chain.split("{")[0].strip(): chain for chain in shown.split("\n\n")}
    for chain in SHOWN.split("\t}\n")[:-1]:
        name, _brace, rules = chain.partition(" {\n")
        assert set(rules.splitlines()) <= set(chains[name.strip()].splitlines())
    assert "update @recent4 { ip saddr timeout 5m" in chains["chain refuse4"]
    assert "ip saddr & 255.0.0.0 == @exempt4-8 accept" in chains["chain exempt"]
