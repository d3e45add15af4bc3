"""Counters say something by their growth."""

from __future__ import annotations

from ideolab_accesslog.dashboard.readings import CounterReading, Growth, Readings


def _fill(*numbers: tuple[float, float]) -> Readings:
    readings = Readings()
    for ts, number in numbers:
        readings.add(CounterReading(ts, number, number, 0))
    return readings


def test_one_reading_says_nothing() -> None:
    """The same reading twice is one."""
    readings = _fill((100, 5), (100, 5))

    assert (readings.find_drop_rate(), readings.find_ban_errors()) == (None, None)


def test_growth_of_a_minute() -> None:
    """Since the newest reading that is a minute old; of errors since the oldest one."""
    readings = _fill((100, 0), (130, 50), (160, 90), (220, 200))

    assert readings.find_drop_rate() == Growth(110, 60)
    assert readings.find_ban_errors() == Growth(200, 120)


def test_a_counter_that_begins_again() -> None:
    """Another start of fail2ban: what it has counted since."""
    assert _fill((100, 900), (130, 7)).find_drop_rate() == Growth(7, 30)


def test_a_number_that_is_missing() -> None:
    """The readings that have one count."""
    readings = Readings()
    for ts, number in ((100, 1.0), (110, None), (120, 4.0)):
        readings.add(CounterReading(ts, number, None, None))

    assert (readings.find_drop_rate(), readings.find_ban_errors()) == (Growth(3, 20), None)


def test_old_readings_are_forgotten() -> None:
    """After ten minutes, and where the clock went back."""
    readings = _fill((100, 1), (400, 2), (900, 3))
    assert readings.find_ban_errors() == Growth(1, 500)

    readings.add(CounterReading(50, 9, 9, 0))
    assert readings.find_ban_errors() is None


def test_drift_lasts() -> None:
    """Elements that differ at each reading of two minutes cannot be repaired."""
    found = []
    for drifts in ((3, 3, 3), (3, 0, 3), (0, 3, 3), (3, 3, 0), (3, None, 3)):
        readings = Readings()
        for ts, drift in zip((0, 60, 120), drifts):
            readings.add(CounterReading(ts, None, None, drift))
        found.append(readings.has_lasting_drift())

    assert found == [True, False, False, False, False]
    assert not Readings().has_lasting_drift()
