"""Whom no country list refuses: this host's own networks, who is never banned, what root has listed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_network
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.actions.protected import nameservers
from ideolab_f2b.actions.protected.never_ban import NeverBan, NeverBanFiles
from ideolab_f2b.actions.protected.ssh import memory
from ideolab_f2b.actions.protected.ssh.seen import REMEMBER_S
from ideolab_f2b.config import SERVER_STATE
from ideolab_f2b.geo.rule.listed_names import NameAddresses
from ideolab_f2b.geo.rule.plan import VERSIONS, Prefix
from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.notation.networks import Network, unmap
from ideolab_f2b.places import NEVER_BAN

#: loopback, private and shared ranges (RFC 1918, 4193, 6598), link-local: no country has them
ALWAYS = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
#: networks of interfaces that are wider are no neighbours
WIDEST = {4: 16, 6: 48}
#: routes of a family that are read: a router can have a million
ROUTES = 10_000
#: entries in all: what is listed beyond is a mistake, and each new connection looks it up
LIMIT = 65_536


class Exemption(NamedTuple):
    """A network, and why it is not refused."""

    network: Network
    why: str


class Exemptions(NamedTuple):
    """All of them, and what of the sources is not known or not understood."""

    found: tuple[Exemption, ...]
    troubles: tuple[str, ...]
    #: whether each source was read: else somebody may be missing
    is_whole: bool = True

    def prefixes(self) -> dict[int, list[Prefix]]:
        """Return the prefixes by IP version, each once, in order."""
        return {
            version: sorted(
                {
                    (int(one.network.network_address), one.network.prefixlen)
                    for one in self.found
                    if one.network.version == version
                }
            )
            for version in VERSIONS
        }

    def find(self, asked: Address, *, without: str = "") -> Optional[Exemption]:
        """Return the first that holds an address; those with the reason `without` do not count."""
        for one in self.found:
            if one.why != without and one.network.version == asked.version and asked in one.network:
                return one
        return None


SSH = "logged in over SSH within the last day"
Source = Callable[[], Iterable[Exemption]]


def list_sources(state: Path = SERVER_STATE) -> dict[str, Source]:
    """Return {name: what it exempts} of all that needs no list."""
    return {
        "own addresses": lambda: (Exemption(one, "a network of this host") for one in _own_networks()),
        "gateways": lambda: _hosts(address.gateways(ROUTES), "a gateway of this host"),
        "nameservers": lambda: _hosts(nameservers.read(), "a nameserver of this host"),
        "SSH sessions": lambda: _hosts(_read_sessions(state), SSH),
    }


def collect(
    listed: Sequence[Network],
    names: NameAddresses,
    *,
    never_ban: str = NEVER_BAN,
    sources: Optional[dict[str, Source]] = None,
    peer: Optional[Address] = None,
) -> Exemptions:
    """Return everybody who is exempt now: `listed` are those of `exempt =`, `peer` is who asks by SSH.

    A source that fails is a trouble and exempts nobody; the others count, and the whole is not known.
    """
    said: list[str] = []
    never = NeverBanFiles(say=said.append).read(never_ban)
    troubles = list(never.troubles)
    is_whole = not troubles or bool(never.listed or never.names)
    found = [Exemption(one, "no country has it") for one in ALWAYS]
    found += _hosts([peer] if peer else [], SSH)
    for name, read in (list_sources() if sources is None else sources).items():
        try:
            found += read()
        except (OSError, ValueError) as error:
            troubles.append(f"{name} are not known: {error}")
            is_whole = False
    found += (Exemption(one, "listed in `exempt` of [geo]") for one in listed)
    found += _convert(never, never_ban)
    for name in never.names:
        found += _hosts(names.find(name), f"{name}, listed in {never_ban}")
    troubles += names.troubles()
    if len(found) > LIMIT:
        troubles.append(f"{len(found) - LIMIT} of {len(found)} exemptions are left out: too many are listed")
    return Exemptions(tuple(found[:LIMIT]), tuple(troubles), is_whole)


def _convert(never: NeverBan, path: str) -> Iterator[Exemption]:
    for one in never.listed:
        size = one.last - one.first + 1
        bits = (32 if one.version == 4 else 128) - size.bit_length() + 1
        text = f"{one.text.partition('/')[0]}/{bits}"
        yield Exemption(ip_network(text), f"listed in {path}")


def _read_sessions(state: Path) -> list[Address]:
    now = time.time()
    return [one.address for one in memory.load(state) if now - one.seen < REMEMBER_S]


def _own_networks() -> Iterator[Network]:
    for own, length in sorted(address.local_interfaces(), key=str):
        bits = length if length >= WIDEST[own.version] else own.max_prefixlen
        yield (
            ip_network((int(own), bits), strict=False)
            if own.version == 4
            else ip_network(f"{own}/{bits}", strict=False)
        )


def _hosts(addresses: Iterable[Address], why: str) -> Iterator[Exemption]:
    # the text of an IPv6 address may carry the interface (fe80::1%eth0), a network may not
    for one in islice(addresses, LIMIT):
        yield Exemption(unmap(ip_network(str(one).partition("%")[0])), why)
