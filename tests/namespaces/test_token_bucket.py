"""How many questions a user has."""

from __future__ import annotations

from ideolab_f2b.namespaces.token_bucket import BURST, EACH_S, ROOTS, TokenBuckets


def test_a_burst_then_so_many_a_second() -> None:
    """Another user's questions take none of them, and root has more."""
    now = 0.0
    buckets = TokenBuckets(lambda: now)

    assert sum(buckets.take(65534) for _question in range(1000)) == BURST
    assert sum(buckets.take(0) for _question in range(1000)) == BURST * ROOTS
    now = 1.0
    assert sum(buckets.take(65534) for _question in range(1000)) == EACH_S
    now = 1000.0
    assert sum(buckets.take(65534) for _question in range(1000)) == BURST
