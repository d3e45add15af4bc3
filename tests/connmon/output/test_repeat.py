"""repeat: twice at once, then once a minute, and from the start for who comes back."""

from __future__ import annotations

from ideolab_f2b.connmon.output.repeat import REPEAT_S, SuspectRepeat


def lines(repeat: SuspectRepeat, times: list[float]) -> list[float]:
    """The instants at which a line is written."""
    written = []
    for now in times:
        if repeat.is_due("a", now):
            repeat.mark("a", now)
            written.append(now)
    return written


def test_two_at_once_then_once_a_minute() -> None:
    """Ticks every 5 s for two minutes and a half."""
    assert lines(SuspectRepeat(), [5.0 * tick for tick in range(30)]) == [
        0.0,
        5.0,
        5.0 + REPEAT_S,
        5.0 + 2 * REPEAT_S,
    ]


def test_who_was_away_starts_again() -> None:
    """A suspect that vanished and returned is written at once."""
    repeat = SuspectRepeat()
    lines(repeat, [0.0, 5.0])
    repeat.forget_others(set())

    assert repeat.is_due("a", 10.0)


def test_who_is_new() -> None:
    """Until its first line is in the log; and again when it comes back."""
    repeat = SuspectRepeat()
    assert repeat.is_new("a")

    repeat.mark("a", 0.0)
    assert not repeat.is_new("a")

    repeat.forget_others(set())
    assert repeat.is_new("a")


def test_what_was_not_written_stays_due() -> None:
    """A failed write is tried again at the next tick."""
    repeat = SuspectRepeat()

    assert repeat.is_due("a", 0.0)
    assert repeat.is_due("a", 5.0)


def test_a_clock_set_back_hides_nobody() -> None:
    """Lines in the future of the clock do not silence a suspect."""
    repeat = SuspectRepeat()
    lines(repeat, [10000.0, 10005.0])

    assert repeat.is_due("a", 20.0)
