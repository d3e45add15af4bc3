"""What the kernel tells of the first rules without a fork: it changes when they do, and for nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.firewall import rule_trace
from ideolab_f2b.firewall.chains import HOOKS, TABLES
from ideolab_f2b.firewall.position import SPEC
from ideolab_f2b.firewall.rule_trace import RuleTraces, Trace
from ideolab_f2b.kernel import nf_tables, x_tables
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
PROGRAMS = {4: "iptables", 6: "ip6tables"}
RAW = HOOKS["prerouting"]


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with link_namespaces("f2bban-trace") as (server, _client):
        with server.enter():
            sets = Sets()
        sets.create_list("ideolab_ban")
        sets.close()
        yield server


@pytest.mark.parametrize("variant", ["nft", "legacy"])
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("chains", HOOKS.values(), ids=HOOKS)
def test_trace(namespace: Namespace, variant: str, version: int, chains: tuple[str, ...]) -> None:
    """Flush, a rule in front, Docker's chain and a new table are seen; packets and rules behind are not."""
    first = chains[0]
    program = f"{PROGRAMS[version]}-{variant}"
    traces = RuleTraces(lambda _program: variant == "nft")

    def change(*words: str) -> Trace:
        namespace.run(program, "-t", TABLES[chains[0]], *words)
        found = traces.read(version, chains)
        assert found is not None
        return found

    with namespace.enter():
        placed = change("-I", first, "1", *SPEC.split())
        assert placed
        assert traces.read(version, chains) == placed
        assert change("-Z") == placed
        flushed = change("-F", first)
        assert flushed != placed
        again = change("-I", first, "1", *SPEC.split())
        in_front = change("-I", first, "1", "-p", "tcp", "-j", "ACCEPT")
        assert in_front != again
        behind = change("-D", first, "-p", "tcp", "-j", "ACCEPT")
        if "FORWARD" in chains:
            with_docker = change("-N", "DOCKER-USER")
            assert with_docker != behind
            assert change("-A", "DOCKER-USER", "-j", "RETURN") != with_docker
            change("-F", "DOCKER-USER")
            assert change("-X", "DOCKER-USER") == behind
            forwards = change("-I", "FORWARD", "-j", "ACCEPT")
            assert change("-R", "FORWARD", "1", "-j", "DROP") != forwards
            change("-F", "FORWARD")
        # it counts what passes, and is the same rule all the time
        counting = change("-I", first, "1", "-p", "udp")
        with socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.bind(("::1" if version == 6 else "127.0.0.1", 0))
            own.sendto(b"x", own.getsockname())
        assert " -c 1 " in namespace.run(program, "-t", TABLES[first], "-v", "-S", first)
        assert traces.read(version, chains) == counting
        change("-F", first)


def test_rules_behind_are_another_matter(namespace: Namespace) -> None:
    """nf_tables tells one chain from another: a firewall with many changes elsewhere costs nothing here."""
    traces = RuleTraces(lambda _program: True)
    with namespace.enter():
        namespace.run("iptables-nft", "-t", "raw", "-I", "PREROUTING", "1", *SPEC.split())
        before, generation = traces.read(4, RAW), nf_tables.read_generation()
        namespace.run("iptables-nft", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "-j", "ACCEPT")
        assert nf_tables.read_generation() != generation
        assert traces.read(4, RAW) == before
        namespace.run("iptables-nft", "-t", "raw", "-F")


def test_nothing_to_ask(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program, a kernel without nf_tables, a Python that cannot ask: nothing is told, nothing raised."""
    assert RuleTraces(lambda _program: None).read(4, RAW) is None
    with monkeypatch.context() as without:
        without.setattr(nf_tables, "read_generation", lambda: None)
        assert RuleTraces(lambda _program: True).read(4, RAW) is None
    with monkeypatch.context() as without, namespace.enter():
        namespace.run("iptables-legacy", "-t", "raw", "-L", "PREROUTING")

        def refuse(*_given: object) -> bytes:
            raise ImportError("no ctypes")

        without.setattr(x_tables, "_get", refuse)
        assert x_tables.read_first_rules(4, "raw", RAW) is None


def test_which_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the program that the name leads to; none is told where it is missing."""
    assert rule_trace.uses_nf_tables("iptables-nft") is True
    assert rule_trace.uses_nf_tables("iptables-legacy") is False
    monkeypatch.setattr(rule_trace, "find_program", lambda _name: None)
    assert rule_trace.uses_nf_tables("iptables") is None
