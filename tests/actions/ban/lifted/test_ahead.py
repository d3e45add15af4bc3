"""Dates that are later than now."""

from __future__ import annotations

from ideolab_f2b.actions.ban.lifted.ahead import AheadOffences

NOW = 1_795_359_121.0


def test_what_is_ahead_is_noted() -> None:
    """The latest counts; a date that has passed meanwhile is no longer ahead of now."""
    ahead = AheadOffences()
    for at in (NOW - 1, NOW, NOW + 5, NOW + 3):
        ahead.note("198.51.100.7", at, NOW)
    ahead.note("198.51.100.8", NOW, NOW)
    ahead.note("198.51.100.9", NOW + 60, NOW)

    assert (ahead.find("198.51.100.7"), ahead.find("198.51.100.8")) == (NOW + 5, 0.0)
    assert ahead.rows(NOW + 5) == [("198.51.100.9", NOW + 60)]
    assert ahead.find("198.51.100.7") == 0.0


def test_it_is_bounded() -> None:
    """Who may write a log can name any number of addresses."""
    ahead = AheadOffences(limit=2)
    for number in (1, 2, 1, 3):
        ahead.note(f"198.51.100.{number}", NOW + number, NOW)

    assert ahead.rows(NOW) == [("198.51.100.1", NOW + 1), ("198.51.100.3", NOW + 3)]
