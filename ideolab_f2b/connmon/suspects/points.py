"""Counts of phases + thresholds -> points and the reasons for them, of one address or one network. Pure."""

from __future__ import annotations

import math
from typing import NamedTuple

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.suspects.counts import Counts, held
from ideolab_f2b.connmon.suspects.network import Sums
from ideolab_f2b.connmon.suspects.phase import (
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

#: hostile connections must be this share of the served ones: a front or a NAT loses a few all the time
SERVED_PER_HOSTILE = 8
#: browsers open connections ahead of need, so a handshake without a request counts only far above the served
SERVED_PER_HANDSHAKE = 2
#: so many hostile addresses, and hardly anyone else, make a whole network the attacker
NETWORK_ADDRESSES, NETWORK_SHARE = 16, 0.9
#: points above the least that a flood of any size can get
_MOST_POINTS = 8

_MEANING = {
    MUTE: "sent no byte",
    PARTIAL_HELLO: "sent only part of a TLS hello",
    HANDSHAKE_ONLY: "asked for nothing after the TLS handshake",
    TRICKLE: "send single bytes",
    SLOW_READ: "do not take their answer",
}


class Weight(NamedTuple):
    """Points, and a sentence for each reason."""

    score: int
    why: tuple[str, ...]


def hostile(counts: Counts) -> int:
    """All connections in hostile phases, whatever stands beside them."""
    return sum(counts[:HOSTILE])


def _served(counts: Counts) -> int:
    return counts[IDLE] + counts[ACTIVE]


def _proven(counts: Counts) -> int:
    """The hostile connections that the served ones beside them do not explain."""
    served = _served(counts)
    proven = counts[MUTE] + counts[PARTIAL_HELLO] + counts[SLOW_READ]
    if counts[HANDSHAKE_ONLY] > SERVED_PER_HANDSHAKE * served:
        proven += counts[HANDSHAKE_ONLY]
    if counts[TRICKLE] > served:
        proven += counts[TRICKLE]
    return proven


def address(counts: Counts, settings: Connmon, in_step: str = "") -> Weight:
    """Of one address; `in_step` is the reason why its connections are one program's, if they are."""
    served, proven = _served(counts), _proven(counts)
    limit = max(settings.th_hostile_ip, -(-served // SERVED_PER_HOSTILE))
    score, why = _count_points(counts, settings.th_conn_ip, settings)
    if proven >= limit:
        return Weight(score + _points(proven, limit, settings), _reasons(counts, limit, settings) + why)
    if in_step:
        return Weight(max(score, settings.min_idle_score), (in_step, *why))
    found = hostile(counts)
    if found >= settings.th_hostile_ip:
        why = (*why, f"{found} quiet beside {served} served: not enough to tell them from a NAT or a front")
    return Weight(score, why)


def network(sums: Sums, settings: Connmon) -> Weight:
    """Of one /24 or /64: what its addresses hold together without being suspects one by one, or all they hold
    when hardly anyone else is there."""
    counts, limit = sums.counts, settings.th_hostile_subnet
    score, why = _count_points(counts, settings.th_conn_subnet24, settings)
    served, found, left = _served(counts), hostile(counts), _proven(sums.left)
    is_spread = left >= limit and left > served
    is_whole = (
        found >= limit
        and sums.hostile_addresses >= max(NETWORK_ADDRESSES, NETWORK_SHARE * sums.addresses)
        and served <= (1 - NETWORK_SHARE) * found
    )
    if not is_spread and not is_whole:
        return Weight(score, why)
    reason = f"{sums.hostile_addresses} of {sums.addresses} addresses hold them"
    points = _points(found if is_whole else left, limit, settings)
    return Weight(score + points, (*_reasons(counts, limit, settings), reason, *why))


def _points(found: int, limit: int, settings: Connmon) -> int:
    """The points that make a suspect, and one more for each doubling above the limit."""
    return settings.min_idle_score + min(_MOST_POINTS, round(math.log2(found / limit)))


def _count_points(counts: Counts, limit: int, settings: Connmon) -> tuple[int, tuple[str, ...]]:
    connections = held(counts)
    if connections < limit:
        return 0, ()
    why = f"{connections} connections (limit {limit})"
    if settings.idle_points and 2 * (counts[IDLE] + hostile(counts)) > connections:
        return 1 + settings.idle_points, (f"{why}, most of them idle",)
    return 1, (why,)


def _reasons(counts: Counts, limit: int, settings: Connmon) -> tuple[str, ...]:
    return tuple(
        f"{counts[code]} {PHASES[code]} ({meaning}) for {settings.idle_s:g} s or more (limit {limit})"
        for code, meaning in _MEANING.items()
        if counts[code]
    )
