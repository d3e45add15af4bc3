"""peers: which peers lie in which networks."""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.address import Address, Network
from ideolab_f2b.kernel.sockets.peers import Peers, dump_condition, find_peers

ADDRESSES = st.sampled_from([
    ip_address(text)
    for text in ("198.51.100.1", "198.51.100.129", "203.0.113.1", "2001:db8:c::1", "c633:6401::")
])  # fmt: skip
NETWORKS = st.builds(
    lambda address, length: ip_network((address, min(length, address.max_prefixlen)), strict=False),
    ADDRESSES,
    st.integers(0, 128),
)


@given(peer=ADDRESSES, is_mapped=st.booleans(), ranges=st.lists(NETWORKS, max_size=6))
def test_membership(peer: Address, is_mapped: bool, ranges: list[Network]) -> None:
    """A peer is a victim when, and only when, a network holds it; c633:6401:: is no 198.51.100.1."""
    family, packed = socket.AF_INET6, peer.packed
    if peer.version == 4 and is_mapped:
        packed = bytes(10) + b"\xff\xff" + packed
    elif peer.version == 4:
        family, packed = socket.AF_INET, packed + bytes(12)

    assert Peers(family, ranges)[packed] == any(peer in one for one in ranges)


def test_the_kernel_tests_one_network_alone() -> None:
    """Its condition is one test; for several the walk copies every socket."""
    one, other = ip_network("198.51.100.0/24"), ip_network("203.0.113.0/24")

    assert dump_condition([one]) == (
        struct.pack("=HH", 20, 1) + struct.pack("=BBHBBHi", 8, 16, 20, 2, 24, 0, -1) + b"\xc6\x33\x64\0"
    )
    assert dump_condition([one, other]) == b""


def test_who_is_connected() -> None:
    """Peers of a port over loopback, IPv4 clients of a dual-stack listener too; nobody of another network."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("::1", port)):
            found = [
                find_peers(ip_network(text), [port])
                for text in ("127.0.0.0/8", "::/64", "198.51.100.0/24", "2001:db8::/32")
            ]

    assert found == [{ip_address("127.0.0.1")}, {ip_address("::1")}, set(), set()]
