"""Interfaces and routes of a namespace."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.kernel.interfaces import Interface, Route, find_route, read_interfaces


@pytest.fixture(scope="module")
def server() -> Iterator[Namespace]:
    with link_namespaces("f2blink") as (server, _client):
        for words in (
            "link add br0 type bridge nf_call_iptables 1",
            "link add v0 type veth peer name v1",
            "link set v0 master br0",
            "link add mv0 link v1 type macvlan",
            "addr add 10.1.0.1/24 dev br0",
            "link set br0 up",
        ):
            server.run("ip", *words.split())
        yield server


@pytest.mark.root
def test_interfaces(server: Namespace) -> None:
    """Kind, bridge, whether the other end is elsewhere."""
    with server.enter():
        found = {link.name: link for link in read_interfaces()}
    bridge = found["br0"].number

    assert found.keys() == {"lo", "veth0", "br0", "v0", "v1", "mv0"}
    assert found["lo"] == Interface(1, "lo", "", 0, is_foreign=False, is_loopback=True)
    assert found["veth0"][2:] == ("veth", 0, True, False, False)
    assert found["br0"][2:] == ("bridge", 0, False, False, True)
    assert found["v0"][2:] == ("veth", bridge, False, False, False)
    assert found["mv0"][2:] == ("macvlan", 0, False, False, False)


@pytest.mark.root
def test_routes(server: Namespace) -> None:
    """Own, direct, by a gateway, none; both families."""
    with server.enter():
        numbers = {link.name: link.number for link in read_interfaces()}
        found = {
            text: find_route(ip_address(text))
            for text in (
                "10.1.0.1",
                "10.1.0.2",
                "198.51.100.7",
                "2001:db8:c::7",
                "10.9.9.9",
                "2001:db8:0:1::1",
            )
        }

    assert found == {
        "10.1.0.1": Route(1, has_gateway=False, is_own=True),
        "10.1.0.2": Route(numbers["br0"], has_gateway=False, is_own=False),
        "198.51.100.7": Route(numbers["veth0"], has_gateway=True, is_own=False),
        "2001:db8:c::7": Route(numbers["veth0"], has_gateway=True, is_own=False),
        "10.9.9.9": None,
        "2001:db8:0:1::1": Route(1, has_gateway=False, is_own=True),
    }
