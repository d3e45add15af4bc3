"""origin: the answer, and how two of them make one."""

from __future__ import annotations

from ideolab_f2b.origin.origin import Origin

CYMRU = Origin("198.51.100.7", "64500", "EXAMPLE", "FR", "198.51.100.0/24", "cymru")
UNKNOWN = Origin("198.51.100.7")


def test_unknown_is_none() -> None:
    """No field but the address."""
    assert Origin("198.51.100.7", None, None, None, None, "none") == UNKNOWN
    assert (UNKNOWN.is_known, CYMRU.is_known) == (False, True)


def test_the_same_answer_for_a_neighbour() -> None:
    """Only the address changes."""
    assert CYMRU.of("198.51.100.8") == Origin(
        "198.51.100.8", "64500", "EXAMPLE", "FR", "198.51.100.0/24", "cymru"
    )


def test_the_local_country_is_the_better_one() -> None:
    """A registry's country need not be where the machine stands; AS and prefix stay."""
    local = Origin("198.51.100.7", "64511", "OTHER", "ES", "198.51.100.0/25", "mmdb")

    assert CYMRU.with_local(local) == Origin(
        "198.51.100.7", "64500", "EXAMPLE", "ES", "198.51.100.0/24", "cymru"
    )
    assert UNKNOWN.with_local(local) == local
    assert CYMRU.with_local(UNKNOWN) == CYMRU
    assert CYMRU.with_local(None) == CYMRU


def test_a_source_that_knew_nothing_is_none() -> None:
    """`source` says who knew."""
    assert Origin("198.51.100.7", source="cymru").with_local(None) == UNKNOWN
