"""pace: long work in pieces, with a pause after each."""

from __future__ import annotations

from ideolab_f2b import pace


def test_a_pause_follows_each_piece() -> None:
    """Between two and after the last; the last one may be shorter."""
    steps: list[object] = []
    for piece in pace.pieces(range(5), lambda: steps.append("pause"), size=2):
        steps.append(piece)

    assert steps == [[0, 1], "pause", [2, 3], "pause", [4], "pause"]


def test_nothing_needs_no_pause() -> None:
    """No item is no piece."""
    assert list(pace.pieces([], lambda: 1 / 0)) == []


def test_a_piece_has_two_hundred_items() -> None:
    """A process that has nothing else to do goes on at once."""
    assert [len(piece) for piece in pace.pieces(range(450), pace.no_pause)] == [200, 200, 50]
