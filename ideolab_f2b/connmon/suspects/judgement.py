"""What was found about the addresses and networks of one snapshot; makes suspects when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ideolab_f2b.connmon.phases.counts import PhaseCounts, by_name, count_slots
from ideolab_f2b.connmon.phases.phase import HOSTILE, PHASES
from ideolab_f2b.connmon.suspects.limits import AddressLimits
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
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect, Suspects

#: why an address with enough points is no suspect yet
SEEN_ONCE = "seen once: the next snapshot decides"
#: the rules that name suspects, beside the five hostile phases by their names
NETWORK = "network"
SPREAD = "spread"
IN_STEP = "in-step"
SLOT_TIME = "slot-time"
ALIKE = "alike"
MANY = "many"


@dataclass(frozen=True)
class Judgement:
    """The suspects of one snapshot by name, and what makes them so."""

    limits: AddressLimits
    counts: Mapping[bytes, PhaseCounts]
    #: why addresses are suspects for more than their counts
    reasons: Mapping[bytes, str]
    #: seconds of the bans of those that have none of their own by their counts
    ttls: Mapping[bytes, int]
    members: Mapping[bytes, Spread]
    networks: Mapping[bytes, NetworkCounts]
    addresses: Sequence[bytes]
    #: over a limit now, and not a moment ago
    new: Collection[bytes]
    #: those of `reasons` that are there because their connections are in step
    in_step: Collection[bytes] = ()
    #: returns the answers that an address got in the last ten minutes
    count_answers: Callable[[bytes], float] = lambda _name: 0.0
    #: the groups of those that are alike
    clusters: Mapping[bytes, Cluster] = field(default_factory=dict)

    def suspects(self) -> Suspects:
        """Return the suspects, networks last."""
        return Suspects([*self.addresses, *self.networks], self.describe, len(self.networks), format_name)

    def describe(self, name: bytes) -> Suspect:
        """Return the row of an address or network, suspect or not."""
        if is_network(name):
            sums = self.networks[name]
            return _make(name, sums.counts, sums.addresses, score_network(name, sums, self.limits.full))
        counts = self.counts[name]
        cluster = self.clusters.get(name)
        return _make(
            name,
            counts,
            1,
            self._score(name, counts),
            self._find_ttl(name, counts),
            self._find_rule(name, counts),
            self.reasons.get(name, ""),
            int(self.count_answers(name)),
            () if cluster is None else (cluster,),
        )

    def table(self) -> list[Suspect]:
        """Return every address and every network of several, the worst first."""
        rows = [self.describe(name) for name in self.counts]
        names = {name for address in self.counts for name in networks_of(address)}
        for name, addresses in list_addresses(self.counts, names).items():
            if len(addresses) > 1:
                sums = self.networks.get(name) or count_network(self.counts, addresses)
                rows.append(
                    _make(name, sums.counts, sums.addresses, score_network(name, sums, self.limits.full))
                )
        return sorted(rows, key=lambda row: (-row.score, row.scope, -row.connections, row.address))

    def _find_rule(self, name: bytes, counts: PhaseCounts) -> str:
        if name in self.members:
            return SPREAD
        if name in self.in_step:
            return IN_STEP
        if name in self.clusters:
            return ALIKE
        if name in self.reasons:
            return SLOT_TIME
        most = max(counts[:HOSTILE])
        return PHASES[counts.index(most)] if most else MANY

    def _find_ttl(self, name: bytes, counts: PhaseCounts) -> int:
        if name in self.reasons:
            return self.ttls.get(name, 0)
        return find_ttl(counts, self.limits.full)

    def _score(self, name: bytes, counts: PhaseCounts) -> Score:
        spread = self.members.get(name)
        if spread is None:
            settings = self.limits.choose(name, counts)
            score = score_address(counts, settings, self.reasons.get(name, ""))
        else:
            network = format_name(spread.network)
            score = score_member(
                counts, network, spread.members, spread.connections, self.limits.full, spread.least
            )
        if name in self.new:
            return score._replace(why=(*score.why, SEEN_ONCE))
        return score


def _make(
    name: bytes,
    counts: PhaseCounts,
    addresses: int,
    score: Score,
    ttl: int = 0,
    rule: str = NETWORK,
    reason: str = "",
    answers: int = 0,
    clusters: tuple[Cluster, ...] = (),
) -> Suspect:
    scope = "net" if is_network(name) else "ip"
    return Suspect(
        format_name(name),
        scope,
        score.points,
        count_slots(counts),
        addresses,
        by_name(counts),
        score.why,
        clusters=clusters,
        ttl=ttl,
        rule=rule,
        reason=reason,
        answers=answers,
    )
