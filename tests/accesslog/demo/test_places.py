"""The addresses of the played attack are nobody's, and visitors are no attackers."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import islice
from random import Random

import pytest

from ideolab_accesslog.demo import places

#: RFC 5737, 2544, 3849
_NOBODYS = ("198.51.100.0/24", "198.18.0.0/15", "2001:db8::/32")


def is_nobodys(text: str) -> bool:
    """Whether an address or network lies in what is never given to anybody."""
    found = ip_network(text)
    return any(
        found.version == one.version and found.subnet_of(one)  # type: ignore[arg-type]
        for one in map(ip_network, _NOBODYS)
    )


def test_all_addresses_are_nobodys() -> None:
    """Prefixes, scanners and visitors."""
    prefixes = [provider.prefix for provider in places.PROVIDERS]

    assert [one for one in (*prefixes, *places.SCANNERS, *places.VISITORS) if not is_nobodys(one)] == []


def test_all_as_numbers_are_for_documentation() -> None:
    """RFC 5398; countries have two letters, and the shares are parts of a hundred."""
    numbers = [int(provider.asn) for provider in places.PROVIDERS]

    assert all(64496 <= number <= 64511 or 65536 <= number <= 65551 for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert all(len(provider.country) == 2 for provider in places.PROVIDERS)
    assert sum(provider.share for provider in places.PROVIDERS) == 100


@pytest.mark.parametrize("provider", places.PROVIDERS, ids=lambda provider: provider.asn)
def test_attackers_come_once_from_their_provider(provider: places.Provider) -> None:
    """None is a visitor."""
    found = list(islice(places.list_attackers(provider, Random(1)), 5000))

    assert len(set(found)) == len(found)
    assert not set(found) & set(places.VISITORS)
    assert {places.find_provider(address) for address in found} == {provider}


def test_attackers_are_clustered() -> None:
    """The first /24 of a provider has most of them."""
    cloud = next(provider for provider in places.PROVIDERS if provider.asn == "64497")
    first = [places.find_subnet(one) for one in islice(places.list_attackers(cloud, Random(1)), 130)]

    assert [first.count(f"198.18.{net}.0/24") for net in range(3)] == [84, 41, 5]


def test_networks_around_addresses() -> None:
    """As events have them: /24, and the /64 that an IPv6 client is."""
    assert places.find_subnet("198.18.0.7") == "198.18.0.0/24"
    assert places.find_subnet("2001:db8:b000:1::/64") == "2001:db8:b000:1::/64"


def test_an_address_without_a_provider() -> None:
    """The error names it."""
    with pytest.raises(ValueError, match=r"192\.0\.2\.1: no provider"):
        places.find_provider("192.0.2.1")
