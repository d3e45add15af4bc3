"""backoff: a dead source is asked ever more rarely."""

from __future__ import annotations

from ideolab_f2b.origin.backoff import SourceBackoff


def test_each_failure_doubles_the_wait_up_to_an_hour() -> None:
    """60 s, 120 s, ... 3600 s; an answer ends it."""
    now = [0.0]
    backoff = SourceBackoff(60.0, lambda: now[0])
    waits = []
    for _failure in range(8):
        backoff.note_failure()
        start = now[0]
        while not backoff.is_over:
            now[0] += 60.0
        waits.append(now[0] - start)
    backoff.note_failure()
    backoff.note_answer()

    assert waits == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0]
    assert backoff.is_over
    backoff.note_failure()
    now[0] += 60.0
    assert backoff.is_over
