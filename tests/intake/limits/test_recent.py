"""recent: how many of a key there were in the last minutes."""

from __future__ import annotations

from ideolab_f2b.intake.client import key_of
from ideolab_f2b.intake.limits.recent import NETWORK_KEYS, RecentCounts


def test_what_is_older_than_the_window_is_gone() -> None:
    """The last window's part shrinks while this one grows."""
    counts = RecentCounts(300, 100)
    counts.advance(1000)
    assert counts.add(b"a", 8) == 8

    counts.advance(1300)
    assert counts.value(counts.row(b"a")) == 8
    counts.advance(1450)
    assert counts.value(counts.row(b"a")) == 4
    assert counts.add(b"a") == 5
    counts.advance(1600)
    assert counts.value(counts.row(b"a")) == 1
    counts.advance(9000)
    assert counts.value(counts.row(b"a")) == 0


def test_a_quiet_time_longer_than_the_window_forgets() -> None:
    """Whatever was counted before it."""
    counts = RecentCounts(300, 100)
    counts.advance(0)
    counts.add(b"a", 1000)
    counts.advance(601)

    assert counts.value(counts.row(b"a")) == 0


def test_memory_is_bounded_and_who_comes_again_is_kept() -> None:
    """A million keys take the place of older ones that were not seen since."""
    counts = RecentCounts(300, 1000, network_of=bytes)
    for number in range(100_000):
        if number % 100 == 0:
            counts.advance(10.0)
            counts.add(b"again")
        counts.add(b"%d" % number)

    assert len(counts.rows) + len(counts._before) <= 1300
    assert counts.value(counts.row(b"again")) >= 1
    assert counts.value(counts.row(b"0")) == 0


def test_a_network_has_a_thousand_rows_and_then_one() -> None:
    """A /48 with 65,536 /64 takes the place of nobody else."""
    counts = RecentCounts(300, 100_000)
    counts.advance(0.0)
    keys = [key_of(b"2001:db8:1:%x::1" % number) for number in range(65_536)]
    found = [counts.add(key) for key in keys]

    assert len(counts.rows) == NETWORK_KEYS + 1
    assert found[:NETWORK_KEYS] == [1] * NETWORK_KEYS
    assert found[-1] == 65_536 - NETWORK_KEYS
    assert counts.add(keys[0]) == 2
    assert counts.add(key_of(b"2001:db8:2::1")) == 1


def test_columns_of_a_row_are_of_the_same_time() -> None:
    """They are forgotten together."""
    counts = RecentCounts(300, 100, columns=2)
    counts.advance(0.0)
    row = counts.row(b"a")
    row.counts[:] = [8, 80]
    counts.advance(450.0)

    assert [counts.value(counts.row(b"a"), column) for column in (0, 1)] == [8, 80]
    counts.advance(600.0)
    assert [counts.value(counts.row(b"a"), column) for column in (0, 1)] == [4, 40]
