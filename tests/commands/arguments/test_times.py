"""The times of a command line: how long a ban lasts, and how often something is done."""

from __future__ import annotations

import argparse

import pytest

from ideolab_f2b.commands.arguments import times


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90m", 5400),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("24H", 86400),
        ("1 day", 86400),
        ("1d 2 hours", 93600),
        ("7d", 604800),
        ("2w", 1209600),
        ("permanent", "permanent"),
        ("Permanent", "permanent"),
    ],
)
def test_times(text: str, seconds: object) -> None:
    """Numbers with their units, or for good."""
    assert times.ban_time(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0h", "-1", "0.5", "soon", "1x", "1h30", "h", "٣", "11y", "600w"])
def test_what_is_no_time(text: str) -> None:
    """It is never taken for another one, and the error has the forms."""
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not a time: .* 1h30m, .* or permanent"):
        times.ban_time(text)


def test_seconds_between_two_of_something() -> None:
    """Of --every and --watch, which know no `permanent`."""
    assert times.seconds("1.5m") == 90.0
    with pytest.raises(argparse.ArgumentTypeError, match="such as 5s or 24h, 1h30m or 2w"):
        times.seconds("permanent")
