"""What was found about the addresses and networks of one snapshot; makes suspects when they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import PhaseCounts, by_name, count_slots
from ideolab_f2b.connmon.suspects.network import (
    NetworkCounts,
    count_network,
    format_name,
    is_network,
    list_addresses,
    networks_of,
)
from ideolab_f2b.connmon.suspects.score import Score, find_ttl, score_address, score_member, score_network
from ideolab_f2b.connmon.suspects.spread import Spread
from ideolab_f2b.connmon.suspects.suspect import Suspect, Suspects

#: why an address with enough points is no suspect yet
SEEN_ONCE = "seen once: the next snapshot decides"


@dataclass(frozen=True)
class Judgement:
    """The suspects of one snapshot by name, and what makes them so."""

    settings: Connmon
    counts: Mapping[bytes, PhaseCounts]
    #: why addresses are one program's
    reasons: Mapping[bytes, str]
    members: Mapping[bytes, Spread]
    networks: Mapping[bytes, NetworkCounts]
    addresses: Sequence[bytes]
    #: over a limit now, and not a moment ago
    new: Collection[bytes]

    def suspects(self) -> Suspects:
        """Return the suspects, networks last."""
        return Suspects([*self.addresses, *self.networks], self.describe, len(self.networks), format_name)

    def describe(self, name: bytes) -> Suspect:
        """Return the row of an address or network, suspect or not."""
        if is_network(name):
            sums = self.networks[name]
            return _make(name, sums.counts, sums.addresses, score_network(name, sums, self.settings))
        counts = self.counts[name]
        ttl = 0 if name in self.reasons else find_ttl(counts, self.settings)
        return _make(name, counts, 1, self._score(name, counts), ttl)

    def table(self) -> list[Suspect]:
        """Return every address and every network of several, the worst first."""
        rows = [self.describe(name) for name in self.counts]
        names = {name for address in self.counts for name in networks_of(address)}
        for name, addresses in list_addresses(self.counts, names).items():
            if len(addresses) > 1:
                sums = self.networks.get(name) or count_network(self.counts, addresses)
                rows.append(
                    _make(name, sums.counts, sums.addresses, score_network(name, sums, self.settings))
                )
        return sorted(rows, key=lambda row: (-row.score, row.scope, -row.connections, row.address))

    def _score(self, name: bytes, counts: PhaseCounts) -> Score:
        spread = self.members.get(name)
        if spread is None:
            score = score_address(counts, self.settings, self.reasons.get(name, ""))
        else:
            network = format_name(spread.network)
            score = score_member(
                counts, network, spread.members, spread.connections, self.settings, spread.least
            )
        if name in self.new and name not in self.reasons:
            return score._replace(why=(*score.why, SEEN_ONCE))
        return score


def _make(name: bytes, counts: PhaseCounts, addresses: int, score: Score, ttl: int = 0) -> Suspect:
    scope = "net" if is_network(name) else "ip"
    return Suspect(
        format_name(name),
        scope,
        score.points,
        count_slots(counts),
        addresses,
        by_name(counts),
        score.why,
        ttl=ttl,
    )
