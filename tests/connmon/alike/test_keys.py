"""keys: the network key of everybody who is connected."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.alike import keys
from ideolab_f2b.connmon.alike.keys import read_keys
from ideolab_f2b.kernel.sockets.detail import Detail


def detail(address: str, scale: int = 7) -> Detail:
    return Detail(ipaddress.ip_address(address).packed, 1460, scale, 7)


def test_the_key_of_most_connections() -> None:
    """An IPv6 client is its /64; everybody is asked about."""
    asked: list[Collection[Network]] = []

    def details(port: int, networks: Collection[Network]) -> Iterator[Detail]:
        asked.append(networks)
        assert port == 443
        yield from (detail("198.51.100.7"), detail("198.51.100.7", 8), detail("198.51.100.7", 8))
        yield from (detail("2001:db8:0:1::1"), detail("2001:db8:0:1::2"))

    assert read_keys(443, details) == {
        b"\xc6\x33\x64\x07": "nk1_1460_8_tsw",
        b"\x20\x01\x0d\xb8\x00\x00\x00\x01": "nk1_1460_7_tsw",
    }
    assert [str(one) for one in asked[0]] == ["0.0.0.0/0", "::/0"]


def test_what_is_read_is_bounded() -> None:
    """A flood of any number costs so much and no more."""

    def details(_port: int, _networks: Collection[Network]) -> Iterator[Detail]:
        yield from (Detail(number.to_bytes(4, "big"), 1460, 7, 7) for number in range(keys.MOST))
        raise AssertionError("one more than MOST was read")

    assert len(read_keys(443, details)) == keys.MOST


def test_clients_that_share_a_64_keep_their_addresses() -> None:
    """As they are counted: two clients of a translator are two."""
    addresses = ("64:ff9b::1", "64:ff9b::2")

    found = read_keys(443, lambda _port, _networks: map(detail, addresses))

    assert [*found] == [ipaddress.ip_address(one).packed for one in addresses]
