"""sightings: who was over a limit a moment ago."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.suspects import sightings
from ideolab_f2b.connmon.suspects.sightings import SEEN_S, Sightings

ONE, TWO = b"1234", b"5678"


def test_a_name_is_remembered_for_a_while() -> None:
    """From the last time on that it was over a limit."""
    seen = Sightings()
    assert seen.note({ONE, TWO}, 100.0) == set()
    assert seen.note({ONE}, 105.0) == {ONE}
    assert seen.note((), 106.0) == set()
    assert seen.note({ONE, TWO}, 104.0 + SEEN_S) == {ONE}


def test_the_last_note_counts_after_any_time() -> None:
    """Looks are rare on a loaded host, and clocks are set."""
    seen = Sightings()
    seen.note({ONE}, 100.0)

    assert seen.note({ONE}, 160.0) == {ONE}


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten."""
    monkeypatch.setattr(sightings, "MOST", 2)
    seen = Sightings()
    for at, name in enumerate((b"1111", ONE, TWO)):
        seen.note({name}, float(at))

    assert seen.note({b"1111", ONE, TWO}, 4.0) == {ONE, TWO}
