"""Guests past which every rule of the host looks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.check.containers import limits
from ideolab_f2b.config import Settings
from ideolab_f2b.kernel.interfaces import Interface, read_interfaces


def link(number: int, name: str, kind: str = "", master: int = 0, *, calls: bool = False) -> Interface:
    return Interface(number, name, kind, master, False, False, calls)


BRIDGE = link(2, "vmbr0", "bridge")
ETH = link(3, "enp1s0", master=2)
GUEST = link(4, "tap100i0", "tun", 2)
SAID = (
    "unknown  limit vmbr0: tap100i0 is on one bridge with enp1s0: no rule of this host sees its packets\n"
    "         -> modprobe br_netfilter; sysctl net.bridge.bridge-nf-call-iptables=1"
    " net.bridge.bridge-nf-call-ip6tables=1; or rules in the guest"
    " (docs/containers.md#what-no-rule-of-the-host-covers)"
)


def judge(*links: Interface, calls: bool = False) -> list[str]:
    return [str(one) for one in limits.judge(links, calls_iptables=calls)]


def test_a_guest_on_the_networks_own_bridge() -> None:
    """Its frames meet iptables only where br_netfilter hands them over."""
    assert judge(BRIDGE, ETH, GUEST) == [SAID]
    assert judge(BRIDGE, link(3, "bond0", "bond", 2), GUEST) == [SAID.replace("enp1s0", "bond0")]
    assert judge(BRIDGE, ETH, GUEST, calls=True) == []
    assert judge(BRIDGE._replace(calls_iptables=True), ETH, GUEST) == []


def test_bridges_without_a_limit() -> None:
    """docker0 has no port to the network outside, the bridge of a host alone no guest."""
    assert judge(link(2, "docker0", "bridge"), link(4, "veth1", "veth", 2), link(5, "enp1s0")) == []
    assert judge(BRIDGE, ETH) == []


def test_many_guests() -> None:
    """A line stays a line."""
    guests = [link(10 + number, f"tap{number}", "tun", 2) for number in range(40)]
    (said,) = judge(BRIDGE, ETH, *guests)
    assert "tap0, tap1, tap2, tap3, tap4 and 35 more is on one bridge" in said


def test_cilium_and_macvlan() -> None:
    """Each is named with what to do."""
    assert judge(
        link(2, "cilium_net", "veth"), link(3, "cilium_host", "veth"), link(4, "mv0", "macvlan")
    ) == [
        "unknown  limit Cilium: cilium_net, cilium_host: Cilium may route past iptables by eBPF, and"
        " then no rule"
        " of this host drops\n"
        "         -> cilium status --verbose; with `Routing: Host: BPF` use CiliumClusterwideNetworkPolicy"
        " (docs/containers.md#what-no-rule-of-the-host-covers)",
        "unknown  limit macvlan: mv0: what comes to a macvlan or ipvlan guest passes no rule of this host\n"
        "         -> install ideolab-f2b in the guest, or take a bridge with NAT"
        " (docs/containers.md#what-no-rule-of-the-host-covers)",
    ]


@pytest.fixture
def server() -> Iterator[Namespace]:
    with link_namespaces("f2blim") as (server, _client):
        yield server


@pytest.mark.root
def test_a_real_bridge(server: Namespace) -> None:
    """A VXLAN leads to the network outside; a namespace of a test has no hardware."""
    for words in (
        "link add br0 type bridge",
        "link add v0 type veth peer name v1",
        "link set v0 master br0",
        "link add d0 type vxlan id 7 dstport 4789 dev veth0",
        "link set d0 master br0",
    ):
        server.run("ip", *words.split())
    with server.enter():
        switched_on = limits.judge(read_interfaces(), calls_iptables=True)
        assert list(switched_on) == []
        said = [one.text for one in limits.judge(read_interfaces(), calls_iptables=False)]
        assert said == ["v0 is on one bridge with d0: no rule of this host sees its packets"]
        server.run("ip", "link", "set", "br0", "type", "bridge", "nf_call_iptables", "1")
        assert list(limits.limits(Settings())) == []
