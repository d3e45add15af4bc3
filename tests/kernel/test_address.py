"""Own addresses and gateways, from bytes and from a namespace."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.netlink import attribute

V4, PEER = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
V6 = ip_address("2001:db8::1").packed


def test_own_address_of_a_point_to_point_link() -> None:
    """IFA_LOCAL is ours, IFA_ADDRESS the other end's; IPv6 has only the latter."""
    assert list(address.addresses(bytes(8) + attribute(1, PEER) + attribute(2, V4))) == [ip_address(V4)]
    assert list(address.addresses(bytes(8) + attribute(1, V6))) == [ip_address("2001:db8::1")]
    assert list(address.addresses(bytes(8))) == []


def test_next_hops() -> None:
    """A plain gateway, one of the other family, and each hop of a multipath route."""
    hop = attribute(5, PEER)
    hops = b"".join((8 + len(hop)).to_bytes(2, "little") + bytes(6) + hop for _each in range(2))

    assert list(address.next_hops(bytes(12) + attribute(5, V4))) == [ip_address(V4)]
    assert list(address.next_hops(bytes(12) + attribute(18, b"\x0a\0" + V6))) == [ip_address(V6)]
    assert list(address.next_hops(bytes(12) + attribute(9, hops))) == [ip_address(PEER)] * 2


@pytest.mark.parametrize("value", [b"", b"\0\0\0\0\0\0\0\0", b"\x07\0\0\0\0\0\0\0", b"\x05\0"])
def test_garbled_hops(value: bytes) -> None:
    """A length that leads nowhere ends the walk."""
    assert list(address.next_hops(bytes(12) + attribute(9, value))) == []


@pytest.mark.root
def test_addresses_and_gateways_of_a_namespace() -> None:
    """What `ip` set up is what comes back, both families."""
    with link_namespaces("f2bban-address") as (server, _client):
        for words in (
            "addr add 10.9.0.1 peer 10.9.0.2 dev veth0",
            "route add 10.8.0.0/16 nexthop via 192.0.2.9 nexthop via 192.0.2.10",
            "route add 10.7.0.0/16 via inet6 fe80::7 dev veth0",
            "nexthop add id 3 via 192.0.2.44 dev veth0",
            "route add 10.6.0.0/16 nhid 3",
        ):
            server.run("ip", *words.split())
        with server.enter():
            own, gateways = address.local_addresses(), address.gateways()

    assert {text for text in map(str, own) if not text.startswith("fe80:")} == {
        "127.0.0.1", "::1", "192.0.2.1", "10.9.0.1", "2001:db8:0:1::1"
    }  # fmt: skip
    assert set(map(str, gateways)) == {
        "192.0.2.254", "192.0.2.9", "192.0.2.10", "fe80::7", "192.0.2.44", "2001:db8:0:1::254"
    }  # fmt: skip
