"""Which packets that a host forwards meet the DROP rule."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.check import forwarding
from ideolab_f2b.check.forwarding import Forwarded, Tables, _chains
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.names import LIST
from ideolab_f2b.firewall.rule import SPEC, RuleError

DOCKER = """\
-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-USER
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A DOCKER-USER -j RETURN
"""
NETAVARK = """\
table ip netavark_like {
    chain nv_pre {
        type nat hook prerouting priority dstnat; policy accept;
        tcp dport 8443 dnat to 172.30.0.2:443
    }
}
"""


def tables(text: str, program: str = "iptables-nft") -> Tables:
    return Tables(program, _chains(text))


EMPTY = tables("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            Forwarded([tables(DOCKER.replace("-A DOCKER-USER", f"-A DOCKER-USER {SPEC}\n-A DOCKER-USER"))]),
            "ok       forwarded IPv4: forwarded packets meet the DROP rule first (iptables-nft)",
        ),
        (
            Forwarded([EMPTY, tables(f"-A FORWARD {SPEC}", "iptables-legacy")], published="nft"),
            "ok       forwarded IPv4: forwarded packets meet the DROP rule first (iptables-legacy)",
        ),
        # before all routing: what stands behind it does not matter
        (
            Forwarded(
                [tables(DOCKER), Tables("iptables-legacy", {}, _chains(f"-A PREROUTING {SPEC}"))], "nft"
            ),
            "ok       forwarded IPv4: "
            "forwarded packets meet the DROP rule before they are routed (iptables-legacy)",
        ),
        (
            Forwarded(
                [Tables("iptables", {}, _chains(f"-A PREROUTING -j ACCEPT\n-A PREROUTING {SPEC}"))], "nft"
            ),
            "wrong    forwarded IPv4: nft hands ports on to containers or other hosts, past the DROP rule\n"
            "         -> fail2ban-client reload (docs/install.md#forwarded-packets)",
        ),
        # Docker keeps its rules with the iptables that is not the host's
        (
            Forwarded([EMPTY, tables(DOCKER, "iptables-legacy")]),
            "wrong    forwarded IPv4: "
            "iptables-legacy has DOCKER-USER, past the DROP rule\n"
            "         -> fail2ban-client reload (docs/install.md#forwarded-packets)",
        ),
        # a saved chain came back without the jump
        (
            Forwarded([tables(f"-P FORWARD ACCEPT\n-A DOCKER-USER {SPEC}")]),
            "wrong    forwarded IPv4: "
            "iptables-nft has DOCKER-USER, past the DROP rule\n"
            "         -> fail2ban-client reload (docs/install.md#forwarded-packets)",
        ),
        # podman, and Docker with its nftables backend
        (
            Forwarded([EMPTY], published="nft"),
            "wrong    forwarded IPv4: "
            "nft hands ports on to containers or other hosts, past the DROP rule\n"
            "         -> fail2ban-client reload (docs/install.md#forwarded-packets)",
        ),
        (
            Forwarded([EMPTY], unread="nft is not installed"),
            "unknown  forwarded IPv4: "
            "this host forwards packets, perhaps to containers: nft is not"
            " installed\n"
            "         -> fail2ban-client reload (docs/install.md#forwarded-packets)",
        ),
        (
            Forwarded([EMPTY]),
            "unknown  forwarded IPv4: "
            "this host forwards packets, and no rule there drops what is banned\n"
            "         -> fail2ban-client reload (docs/install.md#forwarded-packets)",
        ),
    ],
)
def test_forwarded_packets(seen: Forwarded, said: str) -> None:
    """INPUT sees none of them; what stands in raw counts, or first in FORWARD, in either iptables."""
    assert str(forwarding.judge(4, seen, forwards=True)) == said


def test_a_host_that_forwards_nothing() -> None:
    """Unless it hands ports on all the same: then it forwards as soon as its switch is on."""
    assert (
        forwarding.judge(4, Forwarded([EMPTY], unread="nft is not installed"), forwards=False).state == "ok"
    )
    assert forwarding.judge(6, Forwarded([tables(DOCKER)]), forwards=False).state == "wrong"
    assert forwarding.judge(6, Forwarded([], published="nft"), forwards=False).state == "wrong"


def test_a_rule_for_some_packets_is_no_way_to_the_next_chain() -> None:
    """Nor is a chain that calls itself."""
    for text, is_dropped in (
        (f"-A FORWARD -i eth0 -j A\n-A A {SPEC}", False),
        ("-A FORWARD -j FORWARD", False),
        (f"-A FORWARD -j A\n-A A -j B\n-A B {SPEC}", True),
    ):
        found = tables(text)
        assert found.drops("FORWARD", found.chains) is is_dropped


def run_with(answers: dict[str, tuple[int, str]]) -> object:
    def run(words: tuple[str, ...], _text: str = "") -> subprocess.CompletedProcess[str]:
        if words[0] not in answers:
            raise RuleError(f"{words[0]} is not installed")
        code, text = answers[words[0]]
        return subprocess.CompletedProcess(words, code, text, text if code else "")

    return run


def test_what_is_published_past_every_iptables(monkeypatch: pytest.MonkeyPatch) -> None:
    """netavark's tables are nft's own; where nft cannot say, that is no proof of anything."""
    monkeypatch.setattr(forwarding, "list_programs", lambda _version: {"iptables": ("filter", "nat")})
    quiet = (0, "-P FORWARD ACCEPT\n")

    monkeypatch.setattr("ideolab_f2b.firewall.rule.run", run_with({"iptables": quiet, "nft": (0, NETAVARK)}))
    assert forwarding.look(4).published == "nft"

    nat = (0, "-A DOCKER ! -i docker0 -p tcp -j DNAT --to-destination 172.17.0.2:443\n")
    monkeypatch.setattr("ideolab_f2b.firewall.rule.run", run_with({"iptables": nat}))
    assert forwarding.look(4).published == "iptables"

    monkeypatch.setattr("ideolab_f2b.firewall.rule.run", run_with({"iptables": quiet}))
    assert forwarding.look(4)[1:] == (None, "nft is not installed", True)

    monkeypatch.setattr("ideolab_f2b.firewall.rule.run", run_with({"iptables": quiet, "nft": (-11, "")}))
    assert forwarding.look(4).unread == "nft list ruleset: ends with -11"
    assert forwarding.judge(4, forwarding.look(4), forwards=True).state == "unknown"


def test_what_may_be_in_a_table_that_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program holds the lock of one iptables: the rule may stand there, as on each healthy host."""
    monkeypatch.setattr(
        forwarding,
        "list_programs",
        lambda _version: dict.fromkeys(("iptables-nft", "iptables-legacy"), ("filter", "raw")),
    )
    locked = (4, "Another app is currently holding the xtables lock.")
    answers = {"iptables-nft": (0, DOCKER), "iptables-legacy": locked, "nft": (0, "")}
    monkeypatch.setattr("ideolab_f2b.firewall.rule.run", run_with(answers))

    found = forwarding.judge(4, forwarding.look(4), forwards=True)
    assert found.state == "unknown"
    assert "iptables-legacy -t raw -S: Another app" in found.text
    assert forwarding.judge(4, Forwarded([EMPTY], None, "locked", False), forwards=False).state == "ok"


def test_a_kernel_without_raw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its filter table tells."""
    monkeypatch.setattr(forwarding, "list_programs", lambda _version: {"iptables-nft": ("raw", "filter")})

    def run(words: tuple[str, ...], _text: str = "") -> subprocess.CompletedProcess[str]:
        code, text = (3, "no raw") if "raw" in words else (0, f"-A FORWARD {SPEC}\n")
        return subprocess.CompletedProcess(words, code, text, text if code else "")

    monkeypatch.setattr("ideolab_f2b.firewall.rule.run", run)
    assert forwarding.judge(4, forwarding.look(4), forwards=True).state == "ok"


@pytest.mark.root
@pytest.mark.skipif(shutil.which("iptables-legacy") is None, reason="there is one iptables only")
def test_docker_in_the_other_iptables() -> None:
    """Its chain is where this host's iptables does not look; the rule in raw drops before either."""
    with link_namespaces("f2bfwd") as (server, _client), server.enter():
        server.run("ipset", "create", LIST, "list:set")
        for words in ("-N DOCKER-USER", "-A FORWARD -j DOCKER-USER", "-A DOCKER-USER -j RETURN"):
            server.run("iptables-legacy", *words.split())

        found = forwarding.judge(4, forwarding.look(4), forwards=False)
        assert (found.state, found.text) == ("wrong", "iptables-legacy has DOCKER-USER, past the DROP rule")

        rule.place(4)
        assert forwarding.judge(4, forwarding.look(4), forwards=True).state == "ok"


@pytest.mark.root
def test_a_port_that_is_handed_on() -> None:
    """Of which INPUT sees nothing."""
    with link_namespaces("f2bfwd") as (server, _client), server.enter():
        server.run("ipset", "create", LIST, "list:set")
        dnat = "-t nat -A PREROUTING -p tcp --dport 8443 -j DNAT --to-destination 198.51.100.2:443"
        server.run("iptables", *dnat.split())

        found = forwarding.judge(4, forwarding.look(4), forwards=True)
        assert found.state == "wrong"

        rule.place(4, "input")
        assert forwarding.judge(4, forwarding.look(4), forwards=True).state == "ok"
