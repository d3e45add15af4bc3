"""What counts as one address, and networks of such addresses, as numbers. Pure.

An IPv4 address is one; of IPv6 a client has a /64, so a /64 is one.
"""

from __future__ import annotations

from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network, network_of

#: length of the prefix that counts as one address, by IP version
UNIT = {4: 32, 6: 64}
#: (first, last) unit of a network
Span = tuple[int, int]
#: units by IP version
Units = dict[int, set[int]]


def find_unit(key: Key) -> Optional[int]:
    """Return the unit of an address; None for a network that is wider: it says nothing of each address."""
    version, address, length = key
    return None if length < UNIT[version] else address >> LONGEST[version] - UNIT[version]


def find_span(key: Key) -> Span:
    """Return the first and the last unit of a network."""
    version, address, length = key
    first = address >> LONGEST[version] - UNIT[version]
    return first, first | (1 << max(0, UNIT[version] - length)) - 1


def network_of_units(version: int, first: int, length: int) -> Network:
    """Return the network of this length that begins with a unit."""
    return network_of((version, first << LONGEST[version] - UNIT[version], length))
