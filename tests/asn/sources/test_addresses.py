"""Addresses, ranges and networks of a source, and which of them no AS can announce."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.asn.sources import addresses
from ideolab_f2b.asn.sources.refusals import RowError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("198.51.100.7", (4, 3325256711)),
        ("3325256711", (4, 3325256711)),
        ("2001:db8::7", (6, 0x20010DB8000000000000000000000007)),
        ("42540766411282592856903984951653826567", (6, 0x20010DB8000000000000000000000007)),
    ],
)
def test_an_address(text: str, found: tuple[int, int]) -> None:
    """As text, and as a number."""
    assert addresses.parse_address(text) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "198.51.100", "198.51.100.7 ", "198.51.100.7 x", "0198.51.100.7", "198.51.100.256"),
        *("2001:db8::7%eth0", "2001:db8::g", "-1", "+5", "1_000", "٣", "9" * 40, str(2**128), "1e5"),
        *("198.51.100.7\0", "::\0"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(RowError, match=r"^no address$"):
        addresses.parse_address(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("198.51.100.7/24", "bits of the host are set"),
        ("2001:db8::1/32", "bits of the host are set"),
        ("198.51.100.0", "no network"),
        ("198.51.100.0/", "no network"),
        ("198.51.100.0/33", "no network"),
        ("198.51.100.0/255.255.255.0", "no network"),
        ("198.51.100.0/-1", "no network"),
        ("198.51.100.0/٣", "no network"),
        ("3325256704/24", "no network"),
        ("/24", "no address"),
    ],
)
def test_what_is_no_network(text: str, reason: str) -> None:
    """Host bits are not set to zero: who writes them means something else."""
    with pytest.raises(RowError, match=f"^{reason}$"):
        addresses.parse_network(text)


@pytest.mark.parametrize(
    ("first", "last"), [("198.51.100.9", "198.51.100.8"), ("198.51.100.9", "2001:db8::")]
)
def test_what_is_no_range(first: str, last: str) -> None:
    """Reversed, and from IPv4 to IPv6."""
    with pytest.raises(RowError, match=r"^a range whose end comes before its begin$"):
        addresses.parse_range(first, last)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.0.0.0/0", "wider than an AS announces"),
        ("8.0.0.0/5", "wider than an AS announces"),
        ("::/0", "wider than an AS announces"),
        ("2000::/13", "wider than an AS announces"),
        ("10.0.0.0/24", "private or reserved addresses"),
        ("8.0.0.0/6", "private or reserved addresses"),
        ("127.0.0.1/32", "private or reserved addresses"),
        ("100.64.0.0/10", "private or reserved addresses"),
        ("169.254.169.254/32", "private or reserved addresses"),
        ("172.31.255.255/32", "private or reserved addresses"),
        ("192.168.0.0/16", "private or reserved addresses"),
        ("224.0.0.0/8", "private or reserved addresses"),
        ("255.255.255.255/32", "private or reserved addresses"),
        ("::1/128", "private or reserved addresses"),
        ("::ffff:198.51.100.7/128", "private or reserved addresses"),
        ("64:ff9b::/96", "private or reserved addresses"),
        ("fe80::/64", "private or reserved addresses"),
        ("fc00::/32", "private or reserved addresses"),
        ("ff02::/32", "private or reserved addresses"),
        ("4000::/32", "private or reserved addresses"),
    ],
)
def test_what_no_as_announces(text: str, reason: str) -> None:
    """All of the internet, and what is not of it."""
    with pytest.raises(RowError, match=f"^{reason}$"):
        addresses.require_public(*addresses.parse_network(text))


@pytest.mark.parametrize(
    "text",
    [
        *("198.51.100.0/24", "2001:db8::/32", "9.0.0.0/8", "11.0.0.0/8", "172.32.0.0/12", "223.255.255.0/24"),
        *("2000::/14", "3fff:ffff::/32"),
    ],
)
def test_what_an_as_may_announce(text: str) -> None:
    """Beside the private networks, and documentation networks, which nobody has."""
    addresses.require_public(*addresses.parse_network(text))


@given(st.ip_addresses(), st.integers(0, 128))
def test_networks_are_those_of_the_library(address: object, length: int) -> None:
    """ipaddress, which is ten times slower, reads the same."""
    text = f"{address}/{length}"
    try:
        expected = ip_network(text)
        found = (expected.version, int(expected.network_address), int(expected.broadcast_address))
    except ValueError:
        with pytest.raises(RowError):
            addresses.parse_network(text)
        return
    assert addresses.parse_network(text) == found
    assert addresses.parse_address(str(address)) == (expected.version, int(ip_address(str(address))))
