"""When a database is asked again."""

from __future__ import annotations

from ideolab_accesslog.access.sinks.backoff import Backoff


def test_the_pauses_grow_to_a_bound_and_end_with_success() -> None:
    """0.5, 1, 2, 4, 5, 5 seconds; then from the beginning."""
    now = [0.0]
    backoff = Backoff(now=lambda: now[0])
    pauses: list[float] = []
    for _ in range(6):
        is_first = backoff.failed()
        assert is_first is (not pauses)
        began = now[0]
        while not backoff.is_due():
            now[0] += 0.25
        pauses.append(now[0] - began)

    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.succeeded()
    assert backoff.is_due()
    assert backoff.failed()
