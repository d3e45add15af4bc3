"""Who attacks and who visits in the played attack: providers, and the addresses that they give out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from itertools import chain, repeat
from random import Random
from typing import NamedTuple, Union


class Provider(NamedTuple):
    """One AS; `share` of 100 attackers come from it, out of the prefix that it announces."""

    asn: str
    name: str
    country: str
    prefix: str
    share: int


BOTNET = Provider("64496", "EXAMPLE-HOSTING Example Hosting, NL", "NL", "198.51.100.0/24", 16)
OFFSHORE = Provider("64511", "EXAMPLE-OFFSHORE Example Offshore, SG", "SG", "198.19.0.0/18", 9)
#: the first is one /24, which is banned as a whole; the second is banned as an AS
PROVIDERS = (
    BOTNET,
    OFFSHORE,
    Provider("64497", "EXAMPLE-CLOUD Example Cloud, US", "US", "198.18.0.0/18", 26),
    Provider("64498", "EXAMPLE-VPS Example Server, DE", "DE", "198.18.64.0/18", 17),
    Provider("64499", "EXAMPLE-LINE Example Telecom, BR", "BR", "198.18.128.0/18", 10),
    Provider("64500", "EXAMPLE-MOBILE Example Mobile, IN", "IN", "198.18.192.0/18", 6),
    Provider("65536", "EXAMPLE-SIX Example Six, FR", "FR", "2001:db8:b000::/36", 12),
    Provider("65551", "EXAMPLE-SIX-LAB Example Lab, CA", "CA", "2001:db8:c000::/36", 4),
)
#: attackers in the first networks of a provider, the busiest first; each further one has as many as the last
_CLUSTERS = (84, 41, 22, 13, 9, 6, 4, 3, 2, 1)
_HOSTS = range(1, 255)

#: the addresses that asked for paths which only scanners ask for, by the networks of their providers
SCANNERS = (
    *(f"198.18.{net}.{host}" for net in (0, 1, 64, 65, 128, 192) for host in (7, 23, 61, 118, 204)),
    *(f"198.19.{net}.{host}" for net in (0, 1) for host in (9, 88)),
    *(f"2001:db8:b000:{net:x}::/64" for net in range(1, 5)),
    "2001:db8:c000:1::/64",
)
#: clients of the site; the last ones share a network with attackers: a ban of the /24 would hit them
VISITORS = (
    *(f"198.19.{net}.{host}" for net in (128, 129, 160, 200) for host in range(10, 250, 10)),
    *(f"2001:db8:a000:{net:x}::{net + 1:x}" for net in range(1, 25)),
    *(f"198.18.0.{host}" for host in (251, 252, 253)),
    "198.51.100.254",
)
#: visitors are no attackers
_OTHERS = frozenset(VISITORS)


def find_provider(address: str) -> Provider:
    """Return the provider of an attacker's address or network."""
    wanted = _parse(address)
    for provider in PROVIDERS:
        prefix = _parse(provider.prefix)
        if wanted.version == prefix.version and wanted.subnet_of(prefix):  # type: ignore[arg-type]
            return provider
    raise ValueError(f"{address}: no provider of the played attack has it")


def find_subnet(address: str) -> str:
    """Return the /24 or /64 around an address, as an event has it."""
    network = _parse(address)
    return str(network.supernet(new_prefix=24) if isinstance(network, IPv4Network) else network)


def list_attackers(provider: Provider, random: Random) -> Iterator[str]:
    """Yield each address (IPv6: each /64) of a provider once, those of its worst networks first."""
    prefix = _parse(provider.prefix)
    if isinstance(prefix, IPv6Network):
        yield from map(str, prefix.subnets(new_prefix=64))
        return
    rest: list[str] = []
    for network, size in zip(prefix.subnets(new_prefix=24), chain(_CLUSTERS, repeat(_CLUSTERS[-1]))):
        hosts = [str(network[host]) for host in random.sample(_HOSTS, len(_HOSTS))]
        hosts = [host for host in hosts if host not in _OTHERS]
        yield from hosts[:size]
        rest += hosts[size:]
    yield from rest


def _parse(text: str) -> Union[IPv4Network, IPv6Network]:
    return IPv6Network(text) if ":" in text else IPv4Network(text)
