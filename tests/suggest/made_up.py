"""An address space that is made up in the shape of the real one: clouds, small hosters, homes, a long tail.

Deterministic: the same seed gives the same bans. Class E (240.0.0.0/4) and private AS numbers stand in for
what belongs to somebody.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, summarize_address_range
from typing import NamedTuple, Optional, Union

#: first of the private AS numbers of 32 bits (RFC 6996)
FIRST_NUMBER = 4_200_000_000
_FIRST_ADDRESS = int(IPv4Address("240.0.0.0"))
#: addresses of the clouds, as they announce them: OVH 4.6 M, DigitalOcean 3.2 M, ... Amazon less than its own
_CLOUDS = (4_718_592, 3_276_800, 3_276_800, 2_097_152, 33_554_432, 16_777_216, 4_194_304, 6_291_456)
_ISPS = (8_388_608,) * 15
_SMALL_SYSTEMS, _MIDDLE_SYSTEMS, _TAIL_SYSTEMS = 150, 120, 12_000


class Row(NamedTuple):
    """What the table says of an address."""

    number: int
    name: str
    prefix: IPv4Network


class MadeUpTable:
    """The table of ASes in memory, with the methods of AsnTable."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._rows: list[tuple[int, int]] = []
        self.ranges: dict[int, list[tuple[int, int]]] = {}
        self._next = _FIRST_ADDRESS

    def announce(self, number: int, size: int) -> None:
        """Let an AS announce the next addresses."""
        first, self._next = self._next, self._next + size
        self.put(number, first, first + size - 1)

    def put(self, number: int, first: int, last: int) -> None:
        """Let an AS announce these addresses, which come after all that are announced."""
        self._firsts.append(first)
        self._rows.append((last, number))
        self.ranges.setdefault(number, []).append((first, last))

    def find(self, asked: Union[IPv4Address, IPv6Address, IPv4Network]) -> Optional[Row]:
        """Return the row of an address or network; None for what nobody announces."""
        address = asked.network_address if isinstance(asked, IPv4Network) else asked
        at = bisect_right(self._firsts, int(address)) - 1
        if address.version == 6 or at < 0 or self._rows[at][0] < int(address):
            return None
        number = self._rows[at][1]
        return Row(number, f"MADE-UP-{number - FIRST_NUMBER}", IPv4Network((int(address) & 0xFFFFFF00, 24)))

    def prefixes(self, number: int) -> list[IPv4Network]:
        """Return the prefixes of an AS."""
        return [
            network
            for first, last in self.ranges.get(number, ())
            for network in summarize_address_range(IPv4Address(first), IPv4Address(last))
        ]

    def count_addresses(self, number: int) -> tuple[int, int]:
        """Return the IPv4 addresses and the IPv6 /64s of an AS."""
        return sum(last - first + 1 for first, last in self.ranges.get(number, ())), 0


@dataclass
class World:
    """The table, who is banned, who is a visitor, and what was planted on purpose."""

    table: MadeUpTable
    clouds: list[int]
    bad_systems: list[int]
    bans: set[int] = field(default_factory=set)
    visitors: Counter[int] = field(default_factory=Counter)
    #: rented /24 of clouds, each as its first address
    rented: set[int] = field(default_factory=set)

    def is_planted(self, number: Optional[int], span: Optional[tuple[int, int]]) -> bool:
        """Return whether an AS is bad, or a network lies in a bad AS or holds rented /24 in half of it."""
        if span is None:
            return number in self.bad_systems
        found = self.table.find(IPv4Address(span[0]))
        if found is not None and found.number in self.bad_systems:
            return True
        rented = sum(1 for first in self.rented if span[0] <= first <= span[1])
        return rented * 512 > span[1] - span[0]


class Space(NamedTuple):
    """ASes by what they are: their numbers."""

    clouds: list[int]
    isps: list[int]
    small: list[int]
    middle: list[int]
    everybody: list[int]


def make_space(table: MadeUpTable, dice: random.Random) -> Space:
    """Announce the addresses of all made-up ASes."""
    numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + 20_000))
    clouds = [_announce(table, next(numbers), size, 8) for size in _CLOUDS]
    isps = [_announce(table, next(numbers), size, 16) for size in _ISPS]
    small = [_announce(table, next(numbers), 256 * dice.randint(4, 32), 2) for _ in range(_SMALL_SYSTEMS)]
    middle = [
        _announce(table, next(numbers), 256 * dice.randint(80, 1500), 4) for _ in range(_MIDDLE_SYSTEMS)
    ]
    tail = [
        _announce(table, next(numbers), 256 * dice.choice((1, 2, 4, 8, 16)), 1) for _ in range(_TAIL_SYSTEMS)
    ]
    return Space(clouds, isps, small, middle, [*clouds, *isps, *small, *middle, *tail])


def make(bans: int = 10_000, seed: int = 11) -> World:
    """Return a made-up world with so many bans, of which some 4,000 are planted."""
    dice, table = random.Random(seed), MadeUpTable()
    return fill(table, make_space(table, dice), dice, bans)


def fill(table: MadeUpTable, space: Space, dice: random.Random, bans: int) -> World:
    """Return a world with bans and visitors: a botnet of homes and a long tail beside the bad."""
    world = World(table, space.clouds, dice.sample(space.small, 6))
    _plant(world, dice)
    while len(world.bans) < bans * 0.82:
        number = dice.choice(space.isps + dice.sample(space.middle, 40))
        world.bans |= _pick(table, dice, number, 5)
    while len(world.bans) < bans:
        world.bans |= _pick(table, dice, dice.choice(space.everybody), 1)
    world.bans = set(dice.sample(sorted(world.bans), bans))
    _visit(world, dice, space.isps)
    return world


def _announce(table: MadeUpTable, number: int, size: int, parts: int) -> int:
    """Announce so many addresses in at most so many pieces, each of whole /24."""
    left = size // 256
    for missing in range(min(parts, left), 0, -1):
        table.announce(number, 256 * (left // missing))
        left -= left // missing
    return number


def _pick(table: MadeUpTable, dice: random.Random, number: int, count: int) -> set[int]:
    ranges = table.ranges[number]
    weights = [last - first + 1 for first, last in ranges]
    found: set[int] = set()
    while len(found) < count:
        first, last = dice.choices(ranges, weights)[0]
        found.add(dice.randint(first, last))
    return found


def _plant(world: World, dice: random.Random) -> None:
    """Six bad hosters, 25 rented /24 in clouds, and single bad servers in each cloud."""
    for number in world.bad_systems:
        world.bans |= _pick(world.table, dice, number, dice.randint(120, 400))
    for _ in range(25):
        ranges = world.table.ranges[dice.choice(world.clouds)]
        first, last = dice.choice([each for each in ranges if each[1] - each[0] >= 511])
        network = dice.randrange((first + 255) >> 8, (last + 1) >> 8)
        world.rented.add(network << 8)
        world.bans |= {network << 8 | host for host in dice.sample(range(256), dice.randint(20, 120))}
    for number in world.clouds:
        world.bans |= _pick(world.table, dice, number, dice.randint(100, 400))


def _visit(world: World, dice: random.Random, isps: Sequence[int]) -> None:
    for number in isps[:10]:
        _add_visitors(world.visitors, dice, _pick(world.table, dice, number, 3000), 0.05)
    for number in world.clouds[:4]:
        _add_visitors(world.visitors, dice, _pick(world.table, dice, number, 40), 0.01)


def _add_visitors(visitors: Counter[int], dice: random.Random, addresses: Iterable[int], rate: float) -> None:
    for address in sorted(addresses):
        visitors[address] = 1 + int(dice.expovariate(rate))
