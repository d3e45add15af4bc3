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
        results.complain(f"no {'x' * number}")
    assert len(results.complaints()) == 50


def test_a_subject_has_one_text() -> None:
    """Somebody else's error message is another one each time: it is told once, and drives nothing out."""
    results = LookupResults()
    results.complain("the cache is broken")
    for number in range(100):
        results.complain(f"a file is broken: {number}", "file")

    assert results.complaints() == ["the cache is broken", "a file is broken: 0"]


def test_servers_that_do_not_answer_are_one_line_and_no_fault() -> None:
    """A host without a network has nothing that is broken."""
    results = LookupResults()
    assert results.describe_failures() == ""
    for number in range(3):
        results.note_failure(f"cymru: no connection\n{number}", "cymru")
    results.note_failure("ipwhois, which is optional, is not installed", "ipwhois")

    assert results.complaints() == []
    assert results.describe_failures() == (
        "some addresses have no AS and no country: cymru: no connection0; "
        "ipwhois, which is optional, is not installed"
    )
