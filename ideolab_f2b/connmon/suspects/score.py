"""The score of one address or network, from its counts and the thresholds, with the reasons. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import PhaseCounts, count_slots
from ideolab_f2b.connmon.phases.phase import (
    ACTIVE,
    HANDSHAKE_ONLY,
    HOSTILE,
    IDLE,
    MUTE,
    PARTIAL_HELLO,
    PHASES,
    SLOW_READ,
    TRICKLE,
)
from ideolab_f2b.connmon.suspects.network import SUBNET4, WIDE6, NetworkCounts

#: hostile connections must be this share of the served ones: a front or a NAT loses a few all the time
SERVED_PER_HOSTILE = 8
#: browsers open connections ahead of need, so a handshake without a request counts only far above the served
SERVED_PER_HANDSHAKE = 2
#: hostile connections that prove an address a member of a spread attack: two may be a lost radio
MEMBER_CONNECTIONS = 3
#: the same for an address that is served as well; they must be more than SERVED_PER_MEMBER times the served
SERVED_MEMBER_CONNECTIONS = 4
SERVED_PER_MEMBER = 2
#: handshakes without a request that say anything about a member: browsers open some ahead
MEMBER_HANDSHAKES = 8
#: a browser has fewer connections than this, whatever a page makes it open ahead
OPENED_AHEAD = 300
#: so many hostile addresses, and hardly anyone else, make a whole network the attacker
NETWORK_ADDRESSES = 16
#: the same for a /48, which may be a provider's: so many hostile /64
WIDE_ADDRESSES = 32
#: hostile /56 that such a /48 must have; with fewer these are the attacker
WIDE_SITES = 4
#: tenths of its addresses, and of its connections, that must be hostile for that
WHOLE_TENTHS = 9
#: points above the least that a flood of any size can get
_MOST_POINTS = 8

_MEANING = {
    MUTE: "sent no byte",
    PARTIAL_HELLO: "sent only part of a TLS hello",
    HANDSHAKE_ONLY: "asked for nothing after the TLS handshake",
    TRICKLE: "send single bytes",
    SLOW_READ: "do not take their answer",
}


class Score(NamedTuple):
    """Points, and a sentence for each reason."""

    points: int
    why: tuple[str, ...]


def count_hostile(counts: PhaseCounts) -> int:
    """Return the number of connections in hostile phases, whatever the other connections do."""
    return sum(counts[:HOSTILE])


def _count_idle_active(counts: PhaseCounts) -> int:
    return counts[IDLE] + counts[ACTIVE]


def count_proven(counts: PhaseCounts) -> int:
    """Return the number of hostile connections that the served ones beside them do not explain."""
    served = _count_idle_active(counts)
    proven = counts[MUTE] + counts[PARTIAL_HELLO] + counts[SLOW_READ]
    if counts[HANDSHAKE_ONLY] > SERVED_PER_HANDSHAKE * served:
        proven += counts[HANDSHAKE_ONLY]
    if counts[TRICKLE] > served:
        proven += counts[TRICKLE]
    return proven


def count_member(counts: PhaseCounts) -> int:
    """Return the hostile connections that prove an address a member of a spread attack; 0 when they do not.

    They are at least MEMBER_CONNECTIONS; of an address that is served, SERVED_MEMBER_CONNECTIONS and clearly
    more than that.
    """
    served = _count_idle_active(counts)
    proven = _count_certain(counts)
    if counts[HANDSHAKE_ONLY] >= MEMBER_HANDSHAKES and counts[HANDSHAKE_ONLY] > SERVED_PER_HANDSHAKE * served:
        proven += counts[HANDSHAKE_ONLY]
    if served:
        is_one = proven >= SERVED_MEMBER_CONNECTIONS and proven > SERVED_PER_MEMBER * served
    else:
        is_one = proven >= MEMBER_CONNECTIONS
    return proven if is_one else 0


def count_quiet(counts: PhaseCounts) -> int:
    """Return the connections of an address that is not served which one of a crowd may hold alone."""
    return 0 if _count_idle_active(counts) else counts[MUTE] + counts[PARTIAL_HELLO]


def count_excess(counts: PhaseCounts) -> int:
    """Return the hostile connections of a served address that are more than a NAT loses; 0 when few are."""
    served = _count_idle_active(counts)
    found = _count_certain(counts) - -(-served // SERVED_PER_HOSTILE)
    return found if served and 2 * found >= served else 0


def find_ttl(counts: PhaseCounts, settings: Connmon) -> int:
    """Return the seconds of a ban for these connections of one address; 0 = those of the jail."""
    return settings.opened_ahead_ttl if _is_opened_ahead(counts) else 0


def _count_certain(counts: PhaseCounts) -> int:
    return count_hostile(counts) - counts[HANDSHAKE_ONLY]


def _is_opened_ahead(counts: PhaseCounts) -> bool:
    """Return whether a browser alone may hold all hostile connections: any page makes it open some ahead."""
    found = counts[MUTE] + counts[HANDSHAKE_ONLY]
    return 0 < found == count_hostile(counts) and found < OPENED_AHEAD


def is_over(counts: PhaseCounts, settings: Connmon) -> bool:
    """Return whether these counts of one address make a suspect."""
    if count_proven(counts) >= _limit_of_address(counts, settings):
        return True
    return _points_of_count(counts, settings.th_conn_ip, settings)[0] >= settings.min_idle_score


def is_seen_twice(counts: PhaseCounts, settings: Connmon) -> bool:
    """Return whether one snapshot is enough: a trickle is one only by comparison with an earlier snapshot."""
    trickle = counts[TRICKLE]
    return trickle >= _limit_of_address(counts, settings) and trickle > _count_idle_active(counts)


def is_spread(connections: int, sums: NetworkCounts, settings: Connmon) -> bool:
    """Return whether a network's members, with so many hostile connections together, share an attack."""
    served = _count_idle_active(sums.counts)
    return connections >= max(settings.th_hostile_subnet, -(-served // SERVED_PER_HOSTILE))


def is_whole(name: bytes, sums: NetworkCounts, settings: Connmon) -> bool:
    """Return whether nearly everything in a network is hostile: no neighbour is banned with it."""
    is_wide = len(name) == WIDE6
    found, served = count_hostile(sums.counts), _count_idle_active(sums.counts)
    least = WIDE_ADDRESSES if is_wide else NETWORK_ADDRESSES
    return (
        found >= settings.th_hostile_subnet
        and sums.hostile_addresses >= least
        and 10 * sums.hostile_addresses >= WHOLE_TENTHS * sums.decided_addresses
        and 10 * served <= (10 - WHOLE_TENTHS) * found
        and (sums.sites >= WIDE_SITES or not is_wide)
    )


def score_address(counts: PhaseCounts, settings: Connmon, reason: str = "") -> Score:
    """Return the score of one address; `reason` makes it a suspect for more than its counts say."""
    served, proven = _count_idle_active(counts), count_proven(counts)
    limit = _limit_of_address(counts, settings)
    points, why = _points_of_count(counts, settings.th_conn_ip, settings)
    if reason:
        why = (reason, *why)
    if proven >= limit:
        return Score(
            points + _points_of_flood(proven, limit, settings), _reasons(counts, limit, settings) + why
        )
    if reason:
        return Score(max(points, settings.min_idle_score), why)
    found = count_hostile(counts)
    if found >= settings.th_hostile_ip:
        why = (*why, f"{found} quiet beside {served} served: not enough to tell them from a NAT or a front")
    return Score(points, why)


def score_member(
    counts: PhaseCounts, network: str, members: int, connections: int, settings: Connmon, least: int
) -> Score:
    """Return the score of a member of an attack that is spread over a network: that of the whole attack.

    `least` is the number of connections that makes a member.
    """
    points = _points_of_flood(connections, settings.th_hostile_subnet, settings)
    reason = (
        f"one of {members} addresses of {network} that hold {connections} of these "
        f"(limit {settings.th_hostile_subnet}); the others there are left alone"
    )
    return Score(points, (*_reasons(counts, least, settings), reason))


def score_network(name: bytes, sums: NetworkCounts, settings: Connmon) -> Score:
    """Return the score of a network: points when it is hostile as a whole, or a /24 with many connections."""
    counts, limit = sums.counts, settings.th_hostile_subnet
    points, why = 0, tuple[str, ...]()
    if len(name) == SUBNET4:
        points, why = _points_of_count(counts, settings.th_conn_subnet24, settings)
    found, served = count_hostile(counts), _count_idle_active(counts)
    if is_whole(name, sums, settings):
        reason = (
            f"hostile as a whole: {sums.hostile_addresses} of {sums.addresses} addresses hold them, "
            f"{served} connections are served"
        )
        points += _points_of_flood(found, limit, settings)
        return Score(points, (*_reasons(counts, limit, settings), reason, *why))
    if found >= limit:
        reason = (
            f"{found} quiet of {sums.hostile_addresses} of {sums.addresses} addresses beside {served} served"
        )
        why = (*why, f"{reason}: not hostile as a whole, so its addresses are judged one by one")
    return Score(points, why)


def _limit_of_address(counts: PhaseCounts, settings: Connmon) -> int:
    return max(settings.th_hostile_ip, -(-_count_idle_active(counts) // SERVED_PER_HOSTILE))


def _points_of_flood(found: int, limit: int, settings: Connmon) -> int:
    """Return the points that make a suspect, and one more for each doubling above the limit."""
    return settings.min_idle_score + min(_MOST_POINTS, round(math.log2(found / limit)))


def _points_of_count(counts: PhaseCounts, limit: int, settings: Connmon) -> tuple[int, tuple[str, ...]]:
    connections = count_slots(counts)
    if connections < limit:
        return 0, ()
    why = f"{connections} connections (limit {limit})"
    if settings.idle_points and 2 * (counts[IDLE] + count_hostile(counts)) > connections:
        return 1 + settings.idle_points, (f"{why}, most of them idle",)
    return 1, (why,)


def _reasons(counts: PhaseCounts, limit: int, settings: Connmon) -> tuple[str, ...]:
    return tuple(
        f"{counts[code]} {PHASES[code]} ({meaning}) for {settings.idle_s:g} s or more (limit {limit})"
        for code, meaning in _MEANING.items()
        if counts[code]
    )
