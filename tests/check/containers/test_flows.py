"""Flows that this host hands on: to whom, and whether anybody looks there."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address
from typing import Optional

import pytest

from ideolab_f2b.check.containers import flows
from ideolab_f2b.check.containers.flows import End, Watched
from ideolab_f2b.check.containers.survey import NamespacePeers, Survey
from ideolab_f2b.check.containers.unwatched import Unwatched
from ideolab_f2b.check.containers.ways import Ways
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.conntrack import Flow
from ideolab_f2b.kernel.interfaces import Interface, Route

#: eth0 to the Internet, docker0 with a container, virbr0 with a virtual machine, wg0 of a VPN
LINKS = [
    Interface(2, "eth0", "", 0, False, False),
    Interface(3, "docker0", "bridge", 0, False, False),
    Interface(4, "veth1", "veth", 3, True, False),
    Interface(5, "virbr0", "bridge", 0, False, False),
    Interface(6, "vnet0", "tun", 5, False, False),
    Interface(7, "wg0", "wireguard", 0, False, False),
    Interface(8, "vmbr0", "bridge", 0, False, False),
    Interface(9, "eth1", "", 8, False, False),
    Interface(10, "cali1", "veth", 0, True, False),
]
HOST = Survey(NamespacePeers("", 0, frozenset()))


def route(address: Address) -> Optional[Route]:
    text = str(address)
    if text in ("192.0.2.1", "10.77.0.1", "2001:db8:0:1::1"):
        return Route(1, has_gateway=False, is_own=True)
    prefixes = {"10.77.": 3, "192.168.122.": 5, "10.8.": 7, "192.168.1.": 8, "10.244.0.": 10, "192.0.2.": 2}
    prefixes["2001:db8:77:"] = 3
    for prefix, number in prefixes.items():
        if text.startswith(prefix):
            return Route(number, has_gateway=False, is_own=False)
    return None if text.startswith("240.") else Route(2, has_gateway=True, is_own=False)


def flow(
    server: str,
    server_port: int = 443,
    *,
    source: str = "198.51.100.7",
    to: str = "192.0.2.1",
    port: int = 443,
) -> Flow:
    return Flow(ip_address(source), ip_address(to), port, ip_address(server), server_port, 40000)


def judge(
    *seen: Flow,
    ports: tuple[int, ...] = (443,),
    containers: tuple[str, ...] = ("auto",),
    survey: Survey = HOST,
    unwatched: tuple[Unwatched, ...] = (),
    is_whole: bool = True,
) -> list[str]:
    ways = Ways(LINKS, route)
    ends = flows.find_ends(seen, ports, ways)
    watch = Watched(ports, containers, survey, unwatched)
    return [str(one) for one in flows.judge(ends, watch, ways, is_whole=is_whole)]


OFF = Survey(NamespacePeers("", 0, frozenset()), trouble="No such file or directory", has_opener=False)
INSIDE = frozenset({ip_address("10.77.0.2").packed, ip_address("10.77.0.1").packed})
ON = Survey(
    NamespacePeers("", 0, frozenset()), (NamespacePeers("docker:0225320b4597", 7, INSIDE, {443: Counter()}),)
)
MISSED = "and nobody looks there: idle clients are not found, banned ones keep their connections"
NOTHING = ["ok       flows: no client's connection to a watched port goes on to a container now"]


@pytest.fixture(autouse=True)
def with_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out is the same on each machine."""
    monkeypatch.setattr("ideolab_f2b.places.runs_systemd", lambda: True)


def test_no_opener() -> None:
    """The container need not have a name: its address lies behind a bridge without a port outside."""
    assert judge(flow("10.77.0.2"), flow("10.77.0.2", source="198.51.100.8"), survey=OFF) == [
        f"wrong    flows 10.77.0.2 port 443: 2 connections to port 443 go on to a container, {MISSED}\n"
        "         -> ideolab-f2b install --containers"
    ]
    found = Unwatched("docker:0225320b4597", 7, frozenset({443}), INSIDE, "")
    assert judge(flow("10.77.0.2", port=8443), survey=OFF, unwatched=(found,)) == [
        "wrong    flows 10.77.0.2 port 443: 1 connections to port 8443 go on to docker:0225320b4597,"
        f" {MISSED}\n         -> ideolab-f2b install --containers"
    ]


def test_a_container_that_is_looked_into() -> None:
    """Whatever port of the host leads there."""
    assert judge(flow("10.77.0.2"), flow("10.77.0.2", port=8443), survey=ON) == [
        "ok       flows: 2 connections go on to 1 ports of containers that are looked into"
    ]


def test_another_port_inside() -> None:
    """Images that run without root have 8443; with the opener or without."""
    add = "add 8443 to port in [connmon] of /etc/ideolab/f2b.conf, then systemctl restart ideolab-connmon"
    for survey, mend in ((ON, add), (OFF, f"{add}; ideolab-f2b install --containers")):
        (said,) = judge(flow("10.77.0.2", 8443), survey=survey)
        assert said.endswith(f": its port is 8443, which is not watched\n         -> {mend}")


def test_a_redirect_to_another_port_of_this_host() -> None:
    """Clients ask for 443, and the sockets are those of 8443; the watched port itself is no case."""
    assert judge(flow("192.0.2.1", 8443)) == [
        "wrong    flows 192.0.2.1 port 8443: 1 connections to port 443 go on to port 8443 of this host,"
        " which is"
        " not watched\n         -> add 8443 to port in [connmon] of /etc/ideolab/f2b.conf,"
        " then systemctl restart ideolab-connmon"
    ]
    assert judge(flow("192.0.2.1", 443), flow("192.0.2.1", 443, port=8443)) == NOTHING


def test_what_the_setting_leaves_out() -> None:
    """A list that names others, a user namespace that `auto` does not take; `no` is a decision, and said."""
    found = Unwatched("docker:0225320b4597", 7, frozenset({443}), INSIDE, "")
    end = "in [connmon] of /etc/ideolab/f2b.conf, then systemctl restart ideolab-netns ideolab-connmon"
    other = ("docker:aaaaaaaaaaaa",)
    (said,) = judge(flow("10.77.0.2"), containers=other, unwatched=(found,))
    assert said.startswith("wrong ")
    assert said.endswith(f"-> write containers = docker:aaaaaaaaaaaa, docker:0225320b4597 {end}")

    remapped = Unwatched(
        "docker:0225320b4597", 7, frozenset(), INSIDE, "it belongs to another user namespace"
    )
    (said,) = judge(flow("10.77.0.2"), unwatched=(remapped,))
    assert said.endswith(f"-> write containers = auto, docker:0225320b4597 {end}")

    (said,) = judge(flow("10.77.0.2"), containers=(), unwatched=(found,))
    assert said.startswith("unknown ")
    assert said.endswith(f"{MISSED} (containers = no)\n         -> write containers = auto {end}")

    (said,) = judge(flow("10.77.0.2"))
    assert said.startswith("unknown ")
    assert said.endswith("-> sudo ideolab-f2b netns --list; journalctl -u ideolab-netns")


def test_other_machines() -> None:
    """The rule holds for them, and their kernel has the sockets."""
    tail = (
        ": the DROP rule here holds for it, but its sockets are not this kernel's\n"
        "         -> install ideolab-f2b there, too (docs/containers.md#what-check-says)"
    )
    assert judge(flow("192.168.122.5"), flow("192.168.1.9"), survey=OFF) == [
        f"unknown  flows 192.168.1.9 port 443: 1 connections to port 443 go on to another machine{tail}",
        f"unknown  flows 192.168.122.5 port 443: 1 connections to port 443 go on to a virtual machine{tail}",
    ]


@pytest.mark.parametrize(
    "seen",
    [
        # a machine of the network behind a router asks the Internet, with its own address or translated
        flow("203.0.113.5", source="192.168.1.9", to="203.0.113.5"),
        flow("203.0.113.5", source="10.8.0.2", to="203.0.113.5"),
        flow("2001:db8:9::1", source="2001:db8:5::1", to="2001:db8:9::1"),
        # through a transparent proxy in a container
        flow("10.77.0.2", 3129, source="192.168.1.9", to="203.0.113.5"),
        # a container asks the Internet, another one, and Kubernetes' API
        flow("203.0.113.5", source="10.77.0.2", to="203.0.113.5"),
        flow("10.77.0.2", source="10.77.0.3", to="192.0.2.1"),
        flow("192.0.2.9", 6443, source="10.244.0.7", to="10.96.0.1"),
        # this host itself does
        flow("10.77.0.2", source="192.0.2.1", to="192.0.2.1"),
        # a router between two networks
        flow("192.168.1.9", source="198.51.100.7", to="192.168.1.9"),
        flow("240.0.0.1", source="198.51.100.7", to="240.0.0.1"),
    ],
)
def test_what_is_no_client_of_a_container(seen: Flow) -> None:
    """On a router, on a node of Kubernetes."""
    assert judge(seen, survey=OFF) == NOTHING


def test_routed_containers() -> None:
    """They have addresses of their own, and nothing is translated."""
    (said,) = judge(flow("2001:db8:77::2", source="2001:db8:c::7", to="2001:db8:77::2"), survey=OFF)
    assert said.startswith("wrong    flows 2001:db8:77::2 port 443: 1 connections")
    (said,) = judge(flow("10.244.0.7", to="10.244.0.7"), survey=OFF)
    assert said.startswith("wrong    flows 10.244.0.7 port 443: 1 connections")


def test_many_places() -> None:
    """At most 20 lines and a sum, the busiest first; what was not read is said."""
    seen = [flow(f"10.77.1.{number}") for number in range(1, 41)]
    seen += [flow("10.77.1.40", source=f"198.51.100.{number}") for number in range(1, 4)]
    said = judge(*set(seen), survey=OFF, is_whole=False)

    assert len(said) == 22
    assert said[0].startswith("wrong    flows 10.77.1.40 port 443: 4 connections")
    assert said[20:] == [
        "wrong    flows: 20 more places to which connections go on\n"
        "         -> ideolab-f2b install --containers",
        "unknown  flows: connection tracking has more flows than were looked at\n         -> conntrack"
        " -L -p tcp",
    ]


def test_an_end_by_its_name() -> None:
    """Two ports of one address are two ends."""
    ends = flows.find_ends(
        [flow("10.77.0.2"), flow("10.77.0.2", 8443), flow("10.77.0.2", 8443, source="198.51.100.9")],
        (443,),
        Ways(LINKS, route),
    )
    address = ip_address("10.77.0.2")
    assert ends == {End(address, 443): Counter({443: 1}), End(address, 8443): Counter({443: 2})}
