"""The chain of jails that keep their peers from some ports only, in a namespace."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import port_rule, rule
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import PORT_LIST
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.ipset.sets import Sets

WEB = PortScope(("tcp", "icmp", "all"), (80, 443, range(6000, 6011)))
MAIL = PortScope(("tcp",), tuple(range(1, 10)))
OURS = "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"
JUMP = "-A PREROUTING ! -i lo -m set --match-set ideolab_ban_port src -j ideolab-port"


@pytest.fixture
def placed(lone: Namespace, lone_kernel: Sets) -> Namespace:
    """A namespace with the sets of two jails, and the rule for all ports."""
    for name in ("web", "mail"):
        JailSets(lone_kernel, name, 1000, PORT_LIST).place()
    with lone.enter():
        rule.place(4)
    return lone


def rules(namespace: Namespace, chain: str, table: str = "raw") -> list[str]:
    return namespace.run("iptables", "-t", table, "-S", chain).splitlines()[1:]


@pytest.mark.root
def test_put_and_drop(placed: Namespace) -> None:
    """Each jail has its rules; a jail that changes leaves the others alone; the chain goes with the last."""
    with placed.enter():
        assert port_rule.put(4, {"web": WEB, "mail": MAIL}) == 1
        assert port_rule.put(4, {"web": WEB}) == port_rule.put(4, {"mail": MAIL}) == 0
    assert rules(placed, "PREROUTING") == [OURS, JUMP]
    assert rules(placed, "ideolab-port") == [
        "-A ideolab-port -p tcp -m multiport --dports 80,443,6000:6010 -m set --match-set web src -j DROP",
        "-A ideolab-port -p icmp -m set --match-set web src -j DROP",
        "-A ideolab-port -m set --match-set web src -j DROP",
        "-A ideolab-port -p tcp -m multiport --dports 1,2,3,4,5,6,7 -m set --match-set mail src -j DROP",
        "-A ideolab-port -p tcp -m multiport --dports 8,9 -m set --match-set mail src -j DROP",
    ]

    with placed.enter():
        assert port_rule.put(4, {"web": PortScope(("udp",), (53,))}) == 1
        port_rule.drop(4, ["mail", "mail6"])
    assert rules(placed, "ideolab-port") == [
        "-A ideolab-port -p udp -m multiport --dports 53 -m set --match-set web src -j DROP"
    ]
    with placed.enter():
        port_rule.drop(4, ["web"])
        port_rule.drop(4, ["web"])
    assert placed.run("iptables", "-t", "raw", "-S").splitlines()[2:] == [OURS]


@pytest.mark.root
def test_ports_as_the_client_sent_them(placed: Namespace) -> None:
    """Docker has changed the port of a packet before DOCKER-USER."""
    placed.run("iptables", "-N", "DOCKER-USER")
    with placed.enter():
        assert port_rule.put(4, {"web": PortScope(("tcp",), (443, range(6000, 6011)))}, "input") == 3
        assert port_rule.put(4, {"web": PortScope(("tcp",), (443, range(6000, 6011)))}, "input") == 0
        expected = [
            f"-A ideolab-port-docker -p tcp -m conntrack --ctorigdstport {port} --ctdir ORIGINAL "
            "-m set --match-set web src -j DROP"
            for port in ("443", "6000:6010")
        ]
        assert rules(placed, "ideolab-port-docker", "filter") == expected
        assert [
            line.replace("forward", "docker") for line in rules(placed, "ideolab-port-forward", "filter")
        ] == expected
        port_rule.drop(4)
    for chain in ("INPUT", "FORWARD", "DOCKER-USER"):
        assert rules(placed, chain, "filter") == []


@pytest.mark.root
@pytest.mark.parametrize(
    "broken",
    [
        ("-F", "PREROUTING"),
        ("-F", "ideolab-port"),
        ("-I", "PREROUTING", "2", "-j", "ACCEPT"),
        ("-A", "PREROUTING", *JUMP.split()[2:]),
    ],
)
def test_what_others_change(placed: Namespace, broken: tuple[str, ...]) -> None:
    """Flushed, cut off from the rule for all ports, there twice: as before, and once."""
    with placed.enter():
        port_rule.put(4, {"web": WEB})
        placed.run("iptables", "-t", "raw", *broken)

        assert port_rule.put(4, {"web": WEB}) == 1
        assert port_rule.put(4, {"web": WEB}) == 0

    found = rules(placed, "PREROUTING")
    assert found.count(JUMP) == 1
    assert found.index(JUMP) <= 1
    assert len(rules(placed, "ideolab-port")) == 3


def test_iptables_that_fails() -> None:
    """The error names the program and its words."""

    def fail(words: Sequence[str], _text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(
            words, 4, "", "Another app is currently holding the xtables lock\n"
        )

    with pytest.raises(RuleError, match="iptables -t raw -S PREROUTING: Another app"):
        port_rule.put(4, {"web": WEB}, run=fail)

    def vanish(_words: Sequence[str], _text: str) -> subprocess.CompletedProcess[str]:
        raise OSError("no such file")

    with pytest.raises(RuleError, match="ip6tables: no such file"):
        port_rule.put(6, {"web": WEB}, run=vanish)


def test_text() -> None:
    """As `ideolab-f2b bans` shows it."""
    assert str(PortScope(("tcp", "udp"), (80, range(6000, 6011)))) == "80,6000:6010/tcp,udp"


@pytest.mark.root
def test_rule_of_somebody_who_wants_to_be_first(placed: Namespace) -> None:
    """The jump stays behind the rule for all ports: that one alone says what may stand in front."""
    with placed.enter():
        placed.run("iptables", "-t", "raw", "-I", "PREROUTING", "-j", "LOG")
        assert port_rule.put(4, {"web": WEB}) == 1
        assert port_rule.put(4, {"web": WEB}) == 0

    assert rules(placed, "PREROUTING") == ["-A PREROUTING -j LOG", OURS, JUMP]
