"""One private address that all clients of a port have: whose it is, and what to do instead."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address, ip_network

import pytest

from ideolab_f2b.check.containers import hidden
from ideolab_f2b.check.containers.forwarders import Proxy
from ideolab_f2b.check.containers.hidden import Known
from ideolab_f2b.check.containers.survey import NamespacePeers, Survey

CLIENTS = Counter({f"198.51.100.{number}": 1 for number in range(1, 60)})
NAME = "docker:0225320b4597"
SEE = "(docs/containers.md#who-hides-the-clients)"


def packed(*texts: str) -> frozenset[bytes]:
    return frozenset(ip_address(text).packed for text in texts)


def peers(counts: dict[str, int]) -> Counter[bytes]:
    return Counter({ip_address(text).packed: count for text, count in counts.items()})


NONE = Known()
HOST = NamespacePeers("", 0, packed("192.0.2.1", "10.77.0.1"))
SERVING = NamespacePeers("", 0, HOST.own, {443: peers(dict(CLIENTS))})


def container(counts: dict[str, int], name: str = NAME, *own: str) -> NamespacePeers:
    return NamespacePeers(name, 7, packed("10.77.0.2", "10.77.0.1", *own), {443: peers(counts)})


def judge(*places: NamespacePeers, host: NamespacePeers = HOST, known: Known = NONE) -> list[str]:
    return [str(one) for one in hidden.judge(Survey(host, places), known)]


def test_clients_with_addresses_of_their_own() -> None:
    """Nothing is said of them, nor of one visitor, nor of an attacker with a public address."""
    assert judge(container(dict(CLIENTS)), host=SERVING) == []
    assert judge(container({"10.77.0.1": 9})) == []
    assert judge(container({"192.168.1.7": 29})) == []
    assert judge(container({"11.1.1.1": 500})) == []
    assert judge(container({"10.77.0.1": 80, "11.1.1.1": 20})) == []
    assert judge(container({})) == []


def test_docker_proxy() -> None:
    """It takes the connections on this host, where connmon sees the clients; nginx and its logs do not."""
    known = Known(proxies=[Proxy(443, ip_address("10.77.0.2").packed)], ports=(443,))
    assert judge(container({"10.77.0.1": 40}), host=SERVING, known=known) == [
        f"wrong    peers {NAME} port 443: 40 of 40 connections are from 10.77.0.1: docker-proxy hides the"
        f" clients"
        " from the web server and its logs; connmon sees them on this host\n"
        f"         -> give the Docker network IPv6, or dockerd userland-proxy=false {SEE}"
    ]


def test_docker_proxy_on_a_port_that_is_not_watched() -> None:
    """There connmon does not see the clients either; that of another container has no part in it."""
    proxies = [Proxy(8443, ip_address("10.77.0.2").packed), Proxy(443, ip_address("10.77.0.9").packed)]
    assert judge(container({"10.77.0.1": 40}), known=Known(proxies=proxies, ports=(443,))) == [
        f"wrong    peers {NAME} port 443: 40 of 40 connections are from 10.77.0.1: docker-proxy hides the"
        f" clients"
        " from the web server and its logs, and from connmon\n"
        f"         -> give the Docker network IPv6, or dockerd userland-proxy=false {SEE};"
        " else add 8443 to port in [connmon] of /etc/ideolab/f2b.conf"
    ]


def test_a_proxy_of_this_host() -> None:
    """An nginx on the host in front of the container: connmon sees its clients."""
    assert judge(container({"10.77.0.1": 40}), host=SERVING) == [
        f"ok       peers {NAME} port 443: 40 of 40 connections are from 10.77.0.1, which is this host:"
        " connmon sees the clients of what listens here"
    ]


def test_a_program_of_this_host() -> None:
    """A tunnel or a proxy on a port that is not watched: this host's own flows go to the container."""
    assert judge(container({"10.77.0.1": 40}), known=Known(local=packed("10.77.0.2"))) == [
        f"unknown  peers {NAME} port 443: 40 of 40 connections are from 10.77.0.1: a program of this host"
        f" is in"
        " front, and connmon does not see its clients\n"
        "         -> watch that program's port: port in [connmon] of /etc/ideolab/f2b.conf"
    ]
    assert len(judge(container({"10.77.0.1": 40}), known=Known(local=packed("10.77.0.9")))) == 1


def test_a_rule_that_masquerades() -> None:
    """Nothing of this host listens, and still its address is the clients; a health check is among them."""
    assert judge(container({"10.77.0.1": 38, "10.77.0.9": 2})) == [
        f"wrong    peers {NAME} port 443: 38 of 40 connections are from 10.77.0.1: it looks like a rule"
        f" of this"
        " host that masquerades the clients (SNAT, MASQUERADE)\n"
        f"         -> take it out for this port {SEE}"
    ]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            container({"10.0.0.5": 40}),
            f"wrong    peers {NAME} port 443: 40 of 40 connections are from 10.0.0.5: it looks like"
            f" Swarm's ingress"
            f" network\n         -> publish the port with mode=host {SEE}",
        ),
        (
            container({"192.168.65.1": 40}),
            f"wrong    peers {NAME} port 443: 40 of 40 connections are from 192.168.65.1: it looks like"
            f" Docker"
            " Desktop, which hides all clients\n         -> run the web server on a Linux host, or write"
            " ignore = 192.168.65.1 in [connmon] of /etc/ideolab/f2b.conf",
        ),
        (
            container({"10.0.2.100": 40}, "user1000:libpod:0225320b4597", "10.0.2.100"),
            "wrong    peers user1000:libpod:0225320b4597 port 443: 40 of 40 connections are from"
            " 10.0.2.100: it"
            " looks like a rootless engine's port forwarder (rootlessport, slirp4netns)\n"
            f"         -> watch the host's port instead, or let pasta forward {SEE}",
        ),
        # the bridge of this node, and another node's address
        (
            container({"10.77.0.1": 40}, "cri-containerd:0225320b4597"),
            "wrong    peers cri-containerd:0225320b4597 port 443: 40 of 40 connections are from"
            " 10.77.0.1: it looks"
            " like Kubernetes' own address (externalTrafficPolicy: Cluster)\n"
            f"         -> set externalTrafficPolicy: Local on the Service {SEE}",
        ),
        (
            container({"10.244.3.1": 40}, "crio:0225320b4597"),
            "wrong    peers crio:0225320b4597 port 443: 40 of 40 connections are from 10.244.3.1: it"
            " looks like"
            " Kubernetes' own address (externalTrafficPolicy: Cluster)\n"
            f"         -> set externalTrafficPolicy: Local on the Service {SEE}",
        ),
        # an office in the same building, or a load balancer
        (
            container({"192.168.1.7": 40}),
            f"unknown  peers {NAME} port 443: 40 of 40 connections are from 192.168.1.7: a load balancer,"
            f" or many"
            " people behind one address\n"
            "         -> if it is a load balancer: write ignore = 192.168.1.7 in [connmon] of"
            " /etc/ideolab/f2b.conf and ignoreip = 192.168.1.7 for the jails (docs/nginx.md#behind-a-front);"
            " if it is one machine of your network, nothing",
        ),
    ],
)
def test_who_it_looks_like(place: NamespacePeers, said: str) -> None:
    """Also where something of this host listens on the port: that is another web server's."""
    assert judge(place) == [said]


def test_a_proxy_in_another_container() -> None:
    """It is looked into as well."""
    front = NamespacePeers(
        "docker:aaaaaaaaaaaa", 8, packed("10.77.0.3", "10.77.0.1"), {443: peers(dict(CLIENTS))}
    )
    assert judge(container({"10.77.0.3": 40}), front) == [
        f"ok       peers {NAME} port 443: 40 of 40 connections are from 10.77.0.3, which is"
        f" docker:aaaaaaaaaaaa:"
        " a proxy in front of it"
    ]


def test_this_hosts_own_port() -> None:
    """Its clients may be one office; a program of the host in front of it is none."""
    place = NamespacePeers("", 0, HOST.own, {443: peers({"192.168.1.7": 29}), 8443: peers({"127.0.0.1": 12})})
    assert judge(host=place) == [
        "unknown  peers this host port 8443: 12 of 12 connections are from 127.0.0.1: a program of this"
        " host is in"
        " front, and connmon does not see its clients\n"
        "         -> watch that program's port: port in [connmon] of /etc/ideolab/f2b.conf"
    ]
    place = NamespacePeers("", 0, HOST.own, {443: peers({"192.168.1.7": 30})})
    (said,) = judge(host=place)
    assert said.startswith(
        "unknown  peers this host port 443: 30 of 30 connections are from 192.168.1.7: a load"
    )


def test_what_another_check_says() -> None:
    """An address of [connmon] ignore is settled; that which `front` names is not said twice."""
    place = NamespacePeers("", 0, HOST.own, {443: peers({"192.168.1.7": 40})})
    assert judge(host=place, known=Known(ignored=[ip_network("192.168.0.0/16")])) == [
        "ok       peers this host port 443: 40 of 40 connections are from 192.168.1.7, which [connmon]"
        " ignore lists"
    ]
    assert judge(host=place, known=Known(fronts=[ip_network("192.168.1.7")])) == []
    six = NamespacePeers("", 0, HOST.own, {443: peers({"fd00:1::7": 40})})
    assert judge(host=six, known=Known(fronts=[ip_network("fd00:1::/64")])) == []
    assert len(judge(host=six)) == 1
