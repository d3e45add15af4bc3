"""Chooses from clusters what is proposed: the best first, none that hits visitors, none twice. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from ideolab_f2b.kernel.client_unit import UNIT, Span, Units, network_of_units
from ideolab_f2b.kernel.ipset.element import LONGEST, Key, Network
from ideolab_f2b.suggest.cluster import BanCluster
from ideolab_f2b.suggest.networks import find_networks
from ideolab_f2b.suggest.ranking import MOST_REQUESTS
from ideolab_f2b.suggest.systems import Systems
from ideolab_f2b.suggest.visits import Hit, Visits


class Proposal(NamedTuple):
    """A network, or an AS, that a person may want to ban; `hit` is None where the visitors are unknown."""

    cluster: BanCluster
    network: Optional[Network]
    #: the AS of the network, or the one that is proposed; None where it is not known
    number: Optional[int]
    name: str
    hit: Optional[Hit]


@dataclass
class Suggestions:
    """The proposals in their order, and how many were left out."""

    proposals: list[Proposal] = field(default_factory=list)
    #: they hold more than MOST_REQUESTS of the visitors' requests
    spared: int = 0
    #: they are banned already
    banned: int = 0


class Chooser:
    """Takes one cluster after the other."""

    def __init__(
        self,
        systems: Optional[Systems],
        visits: Optional[Visits],
        banned: Collection[Key],
        numbers: Collection[int],
    ) -> None:
        """`banned` and `numbers` are the networks and ASes that are banned now."""
        self._systems, self._visits, self._banned_numbers = systems, visits, frozenset(numbers)
        self._banned: dict[tuple[int, int], set[int]] = {}
        for version, address, length in banned:
            prefixes = self._banned.setdefault((version, length), set())
            prefixes.add(address >> LONGEST[version] - length)
        self._spans: list[tuple[int, Span]] = []
        self._numbers: set[int] = set()
        self.found = Suggestions()

    def offer(self, each: BanCluster) -> None:
        """Propose a cluster unless something speaks against it."""
        if self._is_proposed(each) or self._is_of_several(each):
            return
        if self._is_banned(each):
            self.found.banned += 1
            return
        spans = self._list_spans(each)
        hit = self._visits.find_hit(spans) if self._visits is not None else None
        if hit is not None and hit.share > MOST_REQUESTS:
            self.found.spared += 1
            return
        if each.number is None:
            self._spans += spans
        else:
            self._numbers.add(each.number)
        self.found.proposals.append(self._describe(each, hit))

    def _is_proposed(self, each: BanCluster) -> bool:
        """Whether the other IP version of an AS is, or an AS or network that overlaps this network."""
        if each.number is not None:
            return each.number in self._numbers
        ((version, (first, last)),) = self._list_spans(each)
        if any(version == other and begin <= last and first <= end for other, (begin, end) in self._spans):
            return True
        return bool(self._list_holders(each) & self._numbers)

    def _list_holders(self, each: BanCluster) -> set[int]:
        return set() if self._systems is None else self._systems.list_holders(each.version, *each.network)

    def _is_of_several(self, each: BanCluster) -> bool:
        """Whether a network lies in more than one AS: the bans are of one, the neighbours are another's."""
        return each.number is None and len(self._list_holders(each)) > 1

    def _is_banned(self, each: BanCluster) -> bool:
        if each.number is not None:
            return each.number in self._banned_numbers
        first, length = each.network
        return any(
            version == each.version and wide <= length and first >> UNIT[version] - wide in prefixes
            for (version, wide), prefixes in self._banned.items()
        )

    def _list_spans(self, each: BanCluster) -> list[tuple[int, Span]]:
        if each.number is not None and self._systems is not None:
            return self._systems.list_spans(each.number)
        first, length = each.network
        return [(each.version, (first, first + (1 << UNIT[each.version] - length) - 1))]

    def _describe(self, each: BanCluster, hit: Optional[Hit]) -> Proposal:
        number, network = each.number, None
        if number is None:
            network = network_of_units(each.version, *each.network)
            number = next(iter(self._list_holders(each)), None)
        names = self._systems.names if self._systems is not None else {}
        return Proposal(each, network, number, names.get(number or 0, ""), hit)


def suggest(
    units: Units,
    *,
    banned: Collection[Key] = (),
    numbers: Collection[int] = (),
    systems: Optional[Systems] = None,
    visits: Optional[Visits] = None,
    top: int = 20,
) -> Suggestions:
    """Return at most `top` proposals; without `systems` only networks, without `visits` nobody is spared."""
    clusters = list(find_networks(units))
    if systems is not None:
        clusters += systems.find_clusters(units)
    chooser = Chooser(systems, visits, banned, numbers)
    for each in sorted(clusters, key=_rank):
        if len(chooser.found.proposals) == top:
            break
        chooser.offer(each)
    return chooser.found


def _rank(each: BanCluster) -> tuple[float, bool, int, int, tuple[int, int]]:
    """The best first; an AS before a network that is all of it."""
    return -each.score, each.number is None, each.version, each.number or 0, each.network
