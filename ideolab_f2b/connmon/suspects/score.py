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
from ideolab_f2b.connmon.suspects.network import NetworkCounts

#: hostile connections must be this share of the served ones: a front or a NAT loses a few all the time
SERVED_PER_HOSTILE = 8
#: browsers open connections ahead of need, so a handshake without a request counts only far above the served
SERVED_PER_HANDSHAKE = 2
#: so many hostile addresses, and hardly anyone else, make a whole network the attacker
NETWORK_ADDRESSES = 16
#: share of its addresses, and of its connections, that must be hostile for that
NETWORK_SHARE = 0.9
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


def _count_proven(counts: PhaseCounts) -> int:
    """Return the number of hostile connections that the served ones beside them do not explain."""
    served = _count_idle_active(counts)
    proven = counts[MUTE] + counts[PARTIAL_HELLO] + counts[SLOW_READ]
    if counts[HANDSHAKE_ONLY] > SERVED_PER_HANDSHAKE * served:
        proven += counts[HANDSHAKE_ONLY]
    if counts[TRICKLE] > served:
        proven += counts[TRICKLE]
    return proven


def score_address(counts: PhaseCounts, settings: Connmon, synchronized: str = "") -> Score:
    """Return the score of one address; `synchronized` is the reason why its connections are one program's."""
    served, proven = _count_idle_active(counts), _count_proven(counts)
    limit = max(settings.th_hostile_ip, -(-served // SERVED_PER_HOSTILE))
    points, why = _points_of_count(counts, settings.th_conn_ip, settings)
    if proven >= limit:
        return Score(
            points + _points_of_flood(proven, limit, settings), _reasons(counts, limit, settings) + why
        )
    if synchronized:
        return Score(max(points, settings.min_idle_score), (synchronized, *why))
    found = count_hostile(counts)
    if found >= settings.th_hostile_ip:
        why = (*why, f"{found} quiet beside {served} served: not enough to tell them from a NAT or a front")
    return Score(points, why)


def score_network(sums: NetworkCounts, settings: Connmon) -> Score:
    """Return the score of one /24 or /64.

    Two kinds of networks are suspects: those whose addresses together hold too many hostile connections
    while none is a suspect alone, and those in which nearly everything is hostile.
    """
    counts, limit = sums.counts, settings.th_hostile_subnet
    points, why = _points_of_count(counts, settings.th_conn_subnet24, settings)
    served, found, left = _count_idle_active(counts), count_hostile(counts), _count_proven(sums.left)
    is_spread = left >= limit and left > served
    is_whole = (
        found >= limit
        and sums.hostile_addresses >= max(NETWORK_ADDRESSES, NETWORK_SHARE * sums.addresses)
        and served <= (1 - NETWORK_SHARE) * found
    )
    if not is_spread and not is_whole:
        return Score(points, why)
    reason = f"{sums.hostile_addresses} of {sums.addresses} addresses hold them"
    points += _points_of_flood(found if is_whole else left, limit, settings)
    return Score(points, (*_reasons(counts, limit, settings), reason, *why))


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
