"""How strongly bans cluster: by the share that is banned for certain, and not by their number. Pure.

By their number the largest clouds come first: each has some bad servers, and a ban hits everybody else.
"""

from __future__ import annotations

import math

#: standard deviations of a 95 % bound on one side
Z = 1.645
#: different banned addresses that a proposal has at least
LEAST = 5
#: different /24 (IPv6: /48) with bans that an AS has at least: bans of one network are that network's
LEAST_NETWORKS = 3
#: the smallest lower bound of the banned share that is proposed: one address of a thousand
LEAST_SHARE = 1e-3
#: the largest share of the visitors' requests that a proposal may hold
MOST_REQUESTS = 1e-3


def find_lower_bound(banned: int, size: int) -> float:
    """Return Wilson's lower 95 % bound of the banned share: one ban in a /24 is no share."""
    if banned <= 0 or size <= 0:
        return 0.0
    share, square = min(banned, size) / size, Z * Z
    spread = Z * math.sqrt(share * (1 - share) / size + square / (4 * size * size))
    return max(0.0, (share + square / (2 * size) - spread) / (1 + square / size))


def find_score(lower: float, banned: int) -> float:
    """Return the rank of a proposal: of two equal shares the one with more addresses comes first."""
    return lower * math.log2(1 + banned)
