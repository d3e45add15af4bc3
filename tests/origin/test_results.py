"""results: counts for metrics, complaints for a log."""

from __future__ import annotations

from ideolab_f2b.origin.results import LookupResults


def test_counts() -> None:
    """Nothing of zero times."""
    results = LookupResults()
    results.count("cache", "hit", 2)
    results.count("cache", "hit")
    results.count("cymru", "error", 0)

    assert results.counts() == {("cache", "hit"): 3}


def test_a_complaint_is_kept_once() -> None:
    """One line of printable text, and no more than fifty of them."""
    results = LookupResults()
    for _again in range(3):
        results.complain("gone\n\x1b[2J" + "x" * 1000)
    assert results.complaints() == ["gone[2J" + "x" * 293]

    for number in range(100):
        results.complain(f"no {number}")
    assert len(results.complaints()) == 50


def test_a_subject_has_one_text() -> None:
    """Somebody else's error message is another one each time: it is told once, and drives nothing out."""
    results = LookupResults()
    results.complain("the cache is broken")
    for number in range(100):
        results.complain(f"no origins of cymru: answer {number}", "cymru")

    assert results.complaints() == ["the cache is broken", "no origins of cymru: answer 0"]
