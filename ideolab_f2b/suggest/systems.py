"""Autonomous systems in which bans cluster, by the table of ASes. Pure but for the table's look-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple, Optional, Protocol, Union

from ideolab_f2b.kernel.client_unit import UNIT, Span, Units, find_span
from ideolab_f2b.kernel.ipset.element import Network, key_of
from ideolab_f2b.suggest import cluster
from ideolab_f2b.suggest.cluster import BanCluster
from ideolab_f2b.suggest.networks import APART
from ideolab_f2b.suggest.ranking import LEAST, LEAST_NETWORKS

Address = Union[IPv4Address, IPv6Address]


class SystemTable(Protocol):
    """What is asked of asn.table.AsnTable."""

    def find(self, network: Any, /) -> Any: ...
    def prefixes(self, number: int, /) -> Any: ...
    def count_addresses(self, number: int, /) -> tuple[int, int]: ...


class Members(NamedTuple):
    """Banned units of one AS in one IP version, and the /24 (IPv6: /48) in which they are."""

    units: set[int]
    networks: set[int]


class Systems:
    """The ASes of banned addresses; each /24 (IPv6: /48) is looked up once: none smaller is announced."""

    def __init__(self, table: SystemTable) -> None:
        self._table = table
        self._found: dict[tuple[int, int], Optional[int]] = {}
        self.names: dict[int, str] = {}

    def find_number(self, version: int, unit: int) -> Optional[int]:
        """Return the number of the AS that announces a unit; None where the table has none."""
        key = version, unit >> UNIT[version] - APART[version]
        if key not in self._found:
            row = self._table.find(IPv4Address(unit) if version == 4 else IPv6Address(unit << 64))
            self._found[key] = None if row is None else row.number
            if row is not None:
                self.names[row.number] = row.name or ""
        return self._found[key]

    def list_holders(self, version: int, first: int, length: int) -> set[int]:
        """Return the numbers of the ASes that announce parts of a network."""
        last = first + (1 << UNIT[version] - length) - 1
        step = 1 << UNIT[version] - APART[version]
        found = {self.find_number(version, unit) for unit in range(first, last + 1, step)}
        return {number for number in found if number is not None}

    def find_clusters(self, units: Units) -> Iterator[BanCluster]:
        """Yield each AS with enough banned addresses in enough networks, for each IP version by itself."""
        for version, members in units.items():
            for number, (banned, networks) in self._group(version, members).items():
                if len(banned) < LEAST or len(networks) < LEAST_NETWORKS:
                    continue
                size = self._table.count_addresses(number)[version == 6]
                found = cluster.make(version, len(banned), size, len(networks), number=number)
                if found is not None:
                    yield found

    def _group(self, version: int, units: set[int]) -> dict[int, Members]:
        groups: dict[int, Members] = defaultdict(lambda: Members(set(), set()))
        for unit in units:
            number = self.find_number(version, unit)
            if number is not None:
                groups[number].units.add(unit)
                groups[number].networks.add(unit >> UNIT[version] - APART[version])
        return groups

    def list_spans(self, number: int) -> list[tuple[int, Span]]:
        """Return (IP version, (first, last) unit) of each prefix of an AS."""
        prefixes: list[Network] = self._table.prefixes(number)
        return [(each.version, find_span(key_of(each))) for each in prefixes]
