"""tally: counts for metrics, complaints for a log."""

from __future__ import annotations

from ideolab_f2b.origin.counts import Tally


def test_counts() -> None:
    """Nothing of zero times."""
    tally = Tally()
    tally.count("cache", "hit", 2)
    tally.count("cache", "hit")
    tally.count("cymru", "error", 0)

    assert tally.counts() == {("cache", "hit"): 3}


def test_a_complaint_is_kept_once() -> None:
    """One line of printable text, and no more than fifty of them."""
    tally = Tally()
    for _again in range(3):
        tally.complain("gone\n\x1b[2J" + "x" * 1000)
    assert tally.complaints() == ["gone[2J" + "x" * 293]

    for number in range(100):
        tally.complain(f"no {number}")
    assert len(tally.complaints()) == 50
