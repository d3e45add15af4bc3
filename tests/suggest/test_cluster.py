"""What is a cluster at all."""

from __future__ import annotations

import pytest

from ideolab_f2b.suggest import cluster


@pytest.mark.parametrize(("banned", "size"), [(4, 256), (0, 256), (5, 4096), (400, 4_718_592)])
def test_too_little(banned: int, size: int) -> None:
    """Fewer than five addresses, or for certain less than one of a thousand."""
    assert cluster.make(4, banned, size, 1) is None


def test_enough() -> None:
    """It has its bound and its rank."""
    found = cluster.make(4, 64, 256, 1, network=(0xC6336400, 24))

    assert found is not None
    assert (found.banned, found.size, found.networks, found.network) == (64, 256, 1, (0xC6336400, 24))
    assert (round(found.lower, 4), round(found.score, 4)) == (0.2083, 1.2542)
