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


def test_who_was_not_counted_is_not_found() -> None:
    """Of a network with one row for the rest, each has that row."""
    counts = RecentCounts(300, 100_000)
    counts.advance(0.0)
    for number in range(NETWORK_KEYS + 1):
        counts.add(key_of(b"2001:db8:1:%x::1" % number))
    found = [counts.find(key_of(text)) for text in (b"2001:db8:1:1::1", b"2001:db8:1:ffff::1")]

    assert [row and row.counts for row in found] == [[1], [1]]
    assert counts.find(key_of(b"2001:db8:2::1")) is counts.find(b"192.0.2.7") is None
    # of the last window too
    counts.advance(300.0)
    row = counts.find(key_of(b"2001:db8:1:1::1"))
    assert row is not None
    assert counts.value(row) == 1


def test_of_how_long_the_counts_are() -> None:
    """A full window once there was one; less after a start, and where tables end early."""
    counts = RecentCounts(600, 4)
    found = []
    for now in (0.0, 30.0, 600.0, 660.0):
        counts.advance(now)
        found.append(counts.history_s)
    for now in (661.0, 664.0, 668.0):
        counts.add(b"%d" % now)
        counts.add(b"%d more" % now)
        counts.advance(now)
        found.append(round(counts.history_s))

    assert found == [0, 30, 600, 600, 61, 3, 4]


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
