"""sightings: who was over a limit a moment ago."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.suspects import sightings
from ideolab_f2b.connmon.suspects.sightings import SEEN_S, Sightings


def test_a_name_is_remembered_for_a_while() -> None:
    """From the last time on that it was over a limit."""
    seen = Sightings()
    seen.add({b"1234", b"5678"}, 100.0)
    seen.add({b"1234"}, 105.0)

    seen.forget_old(100.0 + SEEN_S)
    assert (b"1234" in seen, b"5678" in seen) == (True, True)
    seen.forget_old(104.0 + SEEN_S)
    assert (b"1234" in seen, b"5678" in seen) == (True, False)


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten."""
    monkeypatch.setattr(sightings, "MOST", 2)
    seen = Sightings()
    for at, name in enumerate((b"1111", b"2222", b"3333")):
        seen.add({name}, float(at))

    assert [name in seen for name in (b"1111", b"2222", b"3333")] == [False, True, True]
