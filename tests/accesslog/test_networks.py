"""What an address is counted by."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from ideolab_accesslog.networks import (
    SHARED,
    find_networks_around,
    is_network,
    network_of,
    order,
    parse,
    parse_wanted,
    span,
)
from ideolab_f2b.kernel import client_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:DB8:0:7:ffff:ffff:ffff:ffff", "2001:db8:0:7::/64"),
        ("2001:db8:0:8::", "2001:db8:0:8::/64"),
        ("::1", "::1"),
        ("64:ff9b::203.0.113.4", "64:ff9b::cb00:7104"),
        ("64:ff9b:1:7::1", "64:ff9b:1:7::1"),
        ("2001:0:5ef5:79fd::1", "2001:0:5ef5:79fd::1"),
        ("fe80::7", "fe80::7"),
        ("2002:c633:6407::1", "2002:c633:6407::/64"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"),
    ],
)
def test_what_an_address_is_counted_by(address: str, network: str) -> None:
    """IPv4 by itself, IPv6 by the prefix of one customer."""
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" 198.51.100.7 ", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:db8::7/64", "2001:db8::/64"),
        ("2001:DB8::/64", "2001:db8::/64"),
    ],
)
def test_what_may_be_banned(text: str, found: str) -> None:
    """An address as it was typed, or a whole /64."""
    assert str(parse(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "198.51.100.0/24",
            "198.51.100.7/32",
            "2001:db8::/48",
            "2001:db8::/65",
            "2001:db8::/0064x",
        ),
        *(
            "fe80::1%eth0",
            "fe80::1%eth0/64",
            "2001:db8::/64/64",
            "/64",
            "2001:db8::/-64",
            "::ffff:198.51.100.7/64",
            "::ffff:0:0/64",
            "2001:db8::/ffff::",
        ),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Other networks, interfaces, words."""
    with pytest.raises(ValueError):
        parse(text)


def test_the_pack_knows_the_same_shared_networks() -> None:
    """A ban by Django and one by the intake mean the same client."""
    assert client_network.SHARED == SHARED


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" 198.51.100.7 ", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7/32", "198.51.100.7"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("198.51.0.0/16", "198.51.0.0/16"),
        ("2001:DB8::7/128", "2001:db8::7"),
        ("2001:DB8:0:7::5/64", "2001:db8:0:7::/64"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:db8::/112", "2001:db8::/112"),
        ("as64500", "AS64500"),
        ("AS4294967295", "AS4294967295"),
    ],
)
def test_what_can_be_banned_has_one_notation(text: str, found: str) -> None:
    """Addresses, networks and AS numbers; the notation names the same again."""
    assert str(parse_wanted(text)) == found
    assert parse_wanted(found) == parse_wanted(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "AS0", "AS4294967296", "AS", "ASx", "64500", "AS-1", "AS٣"),
        *("0.0.0.0/0", "::/0", "198.0.0.0/15", "2001::/31", "198.51.100.7/24", "2001:db8::7/48"),
        *("198.51.100.0/255.255.255.0", "198.51.100.0/024x", "198.51.100.0/-1", "198.51.100.0/24/24"),
        *("::ffff:198.51.100.0/120", "::ffff:0:0/64", "fe80::1%eth0", "fe80::%eth0/64", "198.51.100.0/33"),
        *("198.51.100.0/24\n198.51.101.0/24", "9" * 10_000, "AS" + "9" * 10_000, "198.51.100.0/٢٤"),
    ],
)
def test_what_cannot_be_banned_is_refused(text: str) -> None:
    """All of the internet, host bits, masks, interfaces, mapped IPv4, foreign digits, long texts."""
    with pytest.raises(ValueError):
        parse_wanted(text)


def test_networks_around() -> None:
    """All that can have a row and hold it, and no others."""
    assert find_networks_around(parse("198.51.100.7"))[:2] == ["198.51.0.0/16", "198.51.0.0/17"]
    assert find_networks_around(parse("198.51.100.7"))[-1] == "198.51.100.6/31"
    assert find_networks_around(ip_network("198.51.100.0/24"))[-1] == "198.51.100.0/23"
    assert len(find_networks_around(parse("198.51.100.7"))) == 16
    six = find_networks_around(parse("2001:db8:0:7::5"))
    assert (len(six), six[0], six[-1]) == (33, "2001:db8::/32", "2001:db8:0:7::/64")
    assert find_networks_around(ip_network("2001:db8::/32")) == []


def test_one_customer_is_no_network() -> None:
    """Everything else with a prefix is, and a /64 of many customers: all clients of a Teredo server."""
    clients = ("2001:db8::/64", "198.51.100.7", "AS64500")
    networks = ("198.51.100.0/31", "2001:db8::/63", "2001:db8::/65", "2001:0:c633:6407::/64")
    assert [is_network(parse_wanted(text)) for text in clients] == [False] * 3
    assert [is_network(parse_wanted(text)) for text in networks] == [True] * 4


def test_texts_in_the_order_of_addresses() -> None:
    """IPv4 stands before IPv6, and each family in the order of its numbers."""
    assert [order(ip_address(text)) for text in ("9.0.0.1", "198.51.100.7", "2001:db8::7")] == [
        *("409000001", "4c6336407", "620010db8000000000000000000000007")
    ]
    assert span(ip_network("198.51.100.0/24")) == ("4c6336400", "4c63364ff")
