"""One network or AS in which addresses are banned, with its rank. Pure."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ideolab_f2b.suggest.ranking import LEAST, LEAST_SHARE, find_lower_bound, find_score


class BanCluster(NamedTuple):
    """Banned addresses of a network, or of an AS (`number`), in one IP version; of IPv6 they are /64."""

    version: int
    banned: int
    size: int
    #: different /24 (IPv6: /48) among them
    networks: int
    lower: float
    score: float
    #: (first unit, length of the prefix)
    network: tuple[int, int] = (0, 0)
    number: Optional[int] = None


def make(
    version: int,
    banned: int,
    size: int,
    networks: int,
    *,
    network: tuple[int, int] = (0, 0),
    number: Optional[int] = None,
) -> Optional[BanCluster]:
    """Return the cluster with its rank; None for too few addresses, or too small a share."""
    if banned < LEAST:
        return None
    lower = find_lower_bound(banned, size)
    if lower < LEAST_SHARE:
        return None
    return BanCluster(version, banned, size, networks, lower, find_score(lower, banned), network, number)
