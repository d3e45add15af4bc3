"""day: suspects, largest numbers and time of a day, in bounded memory."""

from __future__ import annotations

from ideolab_f2b.connmon.observe.day import KEPT, MOST, Peak, WatchedDay
from ideolab_f2b.connmon.suspects.suspect import Suspect


def suspect(address: str, connections: int = 40, rule: str = "mute", answers: int = 0) -> Suspect:
    why = (f"{connections} mute",)
    return Suspect(address, "ip", 2, connections, 1, {}, why, rule=rule, answers=answers)


def test_a_suspect_is_counted_once_and_kept_at_its_worst() -> None:
    """It is written three times, and comes back once."""
    day, one = WatchedDay("2026-11-29"), "198.51.100.10"
    day.note_suspects([suspect(one)], {one}, 100.0)
    day.note_suspects([suspect(one, 60, answers=3)], set(), 105.0)
    day.note_suspects([suspect(one, 20)], {one}, 200.0)

    (named,) = day.list_suspects()
    assert (day.rules, day.count_suspects(), day.is_about) == ({"mute": 1}, 1, False)
    assert (named.first, named.last, named.times) == (100.0, 200.0, 2)
    assert (named.connections, named.answers, named.why) == (60, 3, "60 mute")


def test_a_hundred_thousand_addresses_do_not_fill_it() -> None:
    """The largest are kept, whenever they come; the number is no longer exact, and says so."""
    day = WatchedDay("2026-11-29")
    for number in range(100_000):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        day.note_suspects([suspect(address, 8 + number % 50)], {address}, float(number))

    assert len(day.suspects) == MOST
    assert {one.connections for one in day.list_suspects()} == {57}
    assert (day.count_suspects(), day.is_about) == (100_000, True)


def test_a_day_that_is_over_keeps_the_largest() -> None:
    """Twenty, or none."""
    day = WatchedDay("2026-11-29")
    for number in range(KEPT + 5):
        day.note_suspects([suspect(f"198.51.100.{number}", number)], set(), 0.0)
    day.shrink(KEPT)
    assert min(one.connections for one in day.list_suspects()) == 5

    day.shrink(0)
    assert day.suspects == {}


def test_the_largest_number_stays() -> None:
    """With its moment and its owner."""
    day = WatchedDay("2026-11-29")
    for value, when, whose in ((5, 1.0, "a"), (9, 2.0, "b"), (9, 3.0, "c")):
        day.note_peak("slots", value, when, whose)

    assert day.peaks == {"slots": Peak(9, 2.0, "b")}


def test_time_is_added_up() -> None:
    """By state, and that of observe = yes apart."""
    day = WatchedDay("2026-11-29")
    day.note_time(5.0, "calm", is_observing=True)
    day.note_time(1.0, "busy", is_observing=False)
    day.note_time(5.0, "calm", is_observing=False)

    assert (day.watched_s, day.observed_s, day.states) == (11.0, 5.0, {"calm": 10.0, "busy": 1.0})
