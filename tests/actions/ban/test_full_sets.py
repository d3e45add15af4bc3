"""Which of a jail's sets are full."""

from __future__ import annotations

from ideolab_f2b.actions.ban.full_sets import TRY_AGAIN_S, FullSets


def test_each_family_has_its_own() -> None:
    """What leaves one set makes room in that one only."""
    full = FullSets(lambda: 0.0)
    full.note_full(6)
    assert (full.is_full(4), full.is_full(6)) == (False, True)

    full.note_full(4)
    full.note_room(6)
    full.note_room(6)
    assert (full.is_full(4), full.is_full(6)) == (True, False)


def test_it_is_tried_again() -> None:
    """The kernel expires elements by itself."""
    now = [5.0]
    full = FullSets(lambda: now[0])
    full.note_full(4)
    now[0] += TRY_AGAIN_S - 1
    assert full.is_full(4)
    now[0] += 1
    assert not full.is_full(4)
