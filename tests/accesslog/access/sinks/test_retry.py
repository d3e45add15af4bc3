"""When a database is asked again."""

from __future__ import annotations

from ideolab_accesslog.access.sinks.retry import Retry


def test_the_pauses_grow_to_a_bound_and_end_with_success() -> None:
    """0.5, 1, 2, 4, 5, 5 seconds; then from the beginning."""
    now = [0.0]
    retry = Retry(now=lambda: now[0])
    pauses: list[float] = []
    for _ in range(6):
        is_first = retry.note_failure()
        assert is_first is (not pauses)
        began = now[0]
        while not retry.is_due():
            now[0] += 0.25
        pauses.append(now[0] - began)

    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    retry.note_success()
    assert retry.is_due()
    assert retry.note_failure()
