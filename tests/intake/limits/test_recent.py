"""recent: how many of a key there were in the last minutes."""

from __future__ import annotations

from ideolab_f2b.intake.limits.recent import RecentCounts


def test_what_is_older_than_the_window_is_gone() -> None:
    """The last window's part shrinks while this one grows."""
    counts = RecentCounts(300, 100)
    counts.advance(1000)
    assert counts.add(b"a", 8) == 8

    counts.advance(1300)
    assert counts.count(b"a") == 8
    counts.advance(1450)
    assert counts.count(b"a") == 4
    assert counts.add(b"a") == 5
    counts.advance(1600)
    assert counts.count(b"a") == 1
    counts.advance(9000)
    assert counts.count(b"a") == 0


def test_a_quiet_time_longer_than_the_window_forgets() -> None:
    """Whatever was counted before it."""
    counts = RecentCounts(300, 100)
    counts.advance(0)
    counts.add(b"a", 1000)
    counts.advance(601)

    assert counts.count(b"a") == 0


def test_memory_is_bounded_and_who_comes_again_is_kept() -> None:
    """A million keys take the place of older ones that were not seen since."""
    counts = RecentCounts(300, 1000)
    for number in range(100_000):
        if number % 100 == 0:
            counts.advance(10.0)
            counts.add(b"again")
        counts.add(b"%d" % number)

    assert len(counts._now) + len(counts._before) <= 1300
    assert counts.count(b"again") >= 1
    assert counts.count(b"0") == 0
