"""Elements and headers against bytes as the kernel has them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ideolab_f2b.kernel.ipset import element
from ideolab_f2b.kernel.ipset.element import Element
from ideolab_f2b.kernel.netlink import attribute, nest, unpack_attributes


def test_pack_ipv4() -> None:
    """Address in two nests, prefix, timeout: as ipset(8) sends `add x 198.51.100.0/24 timeout 100`."""
    packed = element.pack(ip_network("198.51.100.0/24"), 100)

    assert packed == bytes.fromhex(
        "20000780"  # data
        "0c000180" "08000140" "c6336400"  # address, IPv4
        "05000300" "18000000"  # prefix
        "08000640" "00000064"  # timeout
    )  # fmt: skip


def test_pack_ipv6_with_a_line() -> None:
    """An IPv6 element of a batch carries its number and no timeout."""
    packed = element.pack(ip_network("2001:db8::/32"), line=3)

    assert packed == bytes.fromhex(
        "2c000780" "18000180" "14000240" "20010db8000000000000000000000000" "05000300" "20000000"
        "08000940" "00000003"
    )  # fmt: skip


@pytest.mark.parametrize(("given", "sent"), [(-5, 0), (0, 0), (2147483, 2147483), (4000000, 2147483)])
def test_pack_cuts_the_timeout(given: int, sent: int) -> None:
    """The kernel's jiffies would wrap above 2147483 s, and a negative time does not exist."""
    packed = element.pack(ip_network("198.51.100.1"), given)

    assert packed[-4:] == sent.to_bytes(4, "big")


@pytest.mark.parametrize("text", ["198.51.100.7/32", "198.51.100.0/24", "2001:db8::7/128", "2001:db8::/48"])
@pytest.mark.parametrize("timeout_s", [None, 1, 86400])
def test_unpack_what_was_packed(text: str, timeout_s: int | None) -> None:
    """An element comes back as it was sent."""
    packed = element.pack(ip_network(text), timeout_s)
    ((_kind, payload),) = unpack_attributes(packed)

    assert element.unpack(payload) == Element(ip_network(text), timeout_s)


def test_unpack_without_prefix_and_with_timeout_0() -> None:
    """Kernels leave the prefix of single addresses out; timeout 0 is an element that stays."""
    payload = nest(1, attribute(1, bytes((198, 51, 100, 7)))) + element.be32(6, 0)

    assert element.unpack(payload) == Element(ip_network("198.51.100.7"), None)


def test_unpack_member_of_a_list() -> None:
    """The elements of a list:set are names."""
    assert element.unpack(attribute(18, b"ideolab_connmon\0")) == "ideolab_connmon"


@pytest.mark.parametrize("payload", [b"", b"\xff" * 7, nest(1, attribute(1, b"abc"))])
def test_unpack_unknown(payload: bytes) -> None:
    """What is no element of ours is None, never an exception."""
    assert element.unpack(payload) is None


def test_unpack_header() -> None:
    """A header names type, family and sizes; what the kernel leaves out is 0 or None."""
    data = nest(7, element.be32(19, 131072), element.be32(6, 0), element.be32(24, 3), element.be32(25, 1))
    named = attribute(2, b"x\0") + attribute(3, b"hash:net\0") + attribute(5, b"\n")
    fields = dict(unpack_attributes(named + data))

    assert element.unpack_header(fields)._asdict() == {
        "name": "x", "type": "hash:net", "family": "inet6", "maxelem": 131072, "timeout": 0,
        "references": 1, "elements": 3, "memory": 0, "size": 0,
    }  # fmt: skip
    assert element.unpack_header({}).elements is None


def test_check_network() -> None:
    """The whole address space is no element of hash:net, and no ban."""
    with pytest.raises(ValueError, match=r"0\.0\.0\.0/0 covers every address"):
        element.check_network(ip_network("0.0.0.0/0"))


def test_check_key() -> None:
    """Plain numbers can have a prefix that no address has."""
    element.check_key((4, 0xCB007109, 32))
    element.check_key((6, 0x20010DB8 << 96, 128))
    with pytest.raises(ValueError, match=r"203\.0\.113\.9/40: hash:net takes prefixes up to 32"):
        element.check_key((4, 0xCB007109, 40))
    with pytest.raises(ValueError, match="2001:db8::/200: hash:net takes prefixes up to 128"):
        element.check_key((6, 0x20010DB8 << 96, 200))
    with pytest.raises(ValueError, match=r"0\.0\.0\.0/0 covers every address"):
        element.check_key((4, 0, 0))


def test_text_of_a_key() -> None:
    """An error can name what is no network."""
    assert element.text_of((4, 0xCB007109, 24)) == "203.0.113.9/24"
    assert element.text_of((4, 0xCB007109, 40)) == "203.0.113.9/40"
    assert element.text_of((6, 0x20010DB8 << 96, 200)) == "2001:db8::/200"


@pytest.mark.parametrize("text", ["198.51.100.7/32", "198.51.0.0/16", "2001:db8::7/128", "2001:db8::/48"])
def test_pack_key(text: str) -> None:
    """Plain numbers give the same bytes as the network."""
    network = ip_network(text)
    key = element.key_of(network)

    assert element.pack_key(key, 600, 7) == element.pack(network, 600, 7)
    assert element.unpack_entry(element.pack_key(key, 600)[4:]) == (key, 600)
