"""When bans were lifted, in memory."""

from __future__ import annotations

from ideolab_f2b.actions.ban.lifted.lifts import ALL, Lifts


def test_one_and_all() -> None:
    """Each has its own time, until all are lifted; a later one is its own again."""
    lifts = Lifts()
    lifts.note("198.51.100.7", 100.0)
    assert [lifts.find("198.51.100.7"), lifts.find("198.51.100.8")] == [100.0, None]

    lifts.note(ALL, 200.0)
    lifts.note("198.51.100.8", 300.0)

    assert [lifts.find(f"198.51.100.{last}") for last in (7, 8, 9)] == [200.0, 300.0, 200.0]
    assert lifts.rows() == [(ALL, 200.0), ("198.51.100.8", 300.0)]


def test_a_clock_that_was_set_back() -> None:
    """A second lift is not before the first; put() is for who knows better."""
    lifts = Lifts()
    assert lifts.note("198.51.100.7", 100.0) == 100.0
    assert lifts.note("198.51.100.7", 50.0) == 100.0
    assert lifts.note(ALL, 70.0) == 70.0
    assert lifts.note("198.51.100.8", 60.0) == 70.0

    lifts.put("198.51.100.8", 60.0)

    assert [lifts.find(f"198.51.100.{last}") for last in (7, 8)] == [70.0, 60.0]


def test_too_many() -> None:
    """The earliest is forgotten and counted; what was lifted with all others is not one of them."""
    lifts = Lifts(limit=3)
    lifts.note(ALL, 1.0)
    for last in range(4):
        lifts.note(f"198.51.100.{last}", 10.0 + last)

    assert [identity for identity, _at in lifts.rows()] == [ALL, "198.51.100.2", "198.51.100.3"]
    assert (lifts.forgotten, len(lifts), lifts.find("198.51.100.0")) == (2, 3, 1.0)


def test_what_was_written_down() -> None:
    """In its order, without what is too old to matter."""
    lifts = Lifts()
    rows = [("198.51.100.1", 5.0), ("198.51.100.2", 50.0), ("198.51.100.2", 40.0), ("198.51.100.3", 60.0)]
    lifts.put_all(rows, since=30.0)

    assert lifts.rows() == [("198.51.100.2", 40.0), ("198.51.100.3", 60.0)]
