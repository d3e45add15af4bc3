"""The lines of iptables: written, read back, put behind the bans."""

from __future__ import annotations

import pytest

from ideolab_f2b.geo.rule.ipset import lines
from ideolab_f2b.geo.rule.ipset.lines import CONNECTIONS, Slot, UsedSlot

FORCE = UsedSlot(Slot("aaaa", "ideolab_geo_a", "allow"), has_quic=True)
TRIAL = UsedSlot(Slot("bbbb", "ideolab_geo_b", "deny"))
BAN = "! -i lo -m set --match-set ideolab_ban src -j DROP"
PORT_BAN = "! -i lo -m set --match-set ideolab_ban_port src -j ideolab-port"


def test_chains() -> None:
    """The trial comes before the list in force, and by goto: what it lets through does not come back."""
    assert list(lines.write_chains(6, [FORCE], [TRIAL])) == [
        ":ideolab-geo - [0:0]",
        ":ideolab-geo-bbbb - [0:0]",
        ":ideolab-geo-aaaa - [0:0]",
        "-A ideolab-geo -m set --match-set ideolab_geo_pause dst -j RETURN",
        "-A ideolab-geo -m set --match-set ideolab_geo_exempt6 src -j RETURN",
        "-A ideolab-geo -m set --match-set ideolab_geo_trial dst -g ideolab-geo-bbbb",
        "-A ideolab-geo -m set --match-set ideolab_geo_ports dst -g ideolab-geo-aaaa",
        "-A ideolab-geo-bbbb -m set --match-set ideolab_geo_b6 src"
        " -j SET --add-set ideolab_geo_recent6 src --exist",
        "-A ideolab-geo-bbbb -m set --match-set ideolab_geo_b6 src -j DROP",
        "-A ideolab-geo-aaaa -m set ! --match-set ideolab_geo_a6 src"
        " -j SET --add-set ideolab_geo_recent6 src --exist",
        "-A ideolab-geo-aaaa -m set ! --match-set ideolab_geo_a6 src -j DROP",
    ]


def test_read_back() -> None:
    """What iptables-save prints of it, with counters; chains and rules of others are left alone."""
    written = list(lines.write_chains(4, [FORCE], [TRIAL]))
    text = "*raw\n:PREROUTING ACCEPT [0:0]\n:ideolab-geometry - [0:0]\n" + "".join(
        f"{line}\n" if line.startswith(":") else f"[{number}:40] {line}\n"
        for number, line in enumerate(written)
    )
    found = lines.parse(text)

    assert found.chains == ("ideolab-geo", "ideolab-geo-bbbb", "ideolab-geo-aaaa")
    assert lines.read_uses(found) == {"ideolab_geo_trial": TRIAL.slot, "ideolab_geo_ports": FORCE.slot}
    assert lines.count_drops(found) == 8 + 10


@pytest.mark.parametrize(
    ("rules", "change"),
    [
        ([], [f"-I PREROUTING 1 {CONNECTIONS}"]),
        ([CONNECTIONS], []),
        ([BAN, PORT_BAN, "-j LOG"], [f"-I PREROUTING 3 {CONNECTIONS}"]),
        (["-j LOG", BAN, CONNECTIONS], []),
        ([BAN, "-j LOG", CONNECTIONS], []),
        ([CONNECTIONS, BAN], [f"-D PREROUTING {CONNECTIONS}", f"-I PREROUTING 2 {CONNECTIONS}"]),
        ([BAN, CONNECTIONS, CONNECTIONS],
         [*[f"-D PREROUTING {CONNECTIONS}"] * 2, f"-I PREROUTING 2 {CONNECTIONS}"]),
    ],
)  # fmt: skip
def test_jump(rules: list[str], change: list[str]) -> None:
    """Once, behind the rules of the bans, wherever others put theirs."""
    assert list(lines.place_jump(rules, CONNECTIONS)) == change


def test_drop() -> None:
    """A chain is emptied before it goes: another may lead to it."""
    assert list(lines.drop_chains(["ideolab-geo", "ideolab-geo-aaaa"])) == [
        ":ideolab-geo - [0:0]",
        ":ideolab-geo-aaaa - [0:0]",
        "-X ideolab-geo",
        "-X ideolab-geo-aaaa",
    ]
    assert list(lines.drop_jump([BAN, CONNECTIONS], CONNECTIONS)) == [f"-D PREROUTING {CONNECTIONS}"]
