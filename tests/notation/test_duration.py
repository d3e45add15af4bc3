"""duration: times as people write them."""

from __future__ import annotations

import pytest

from ideolab_f2b.notation import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("8", 8.0),
        ("0.5", 0.5),
        ("5s", 5.0),
        ("10m", 600.0),
        ("24h", 86400.0),
        ("7D", 604800.0),
        ("1h30m", 5400.0),
        ("1 day", 86400.0),
        ("1d, 12 hours", 129600.0),
        ("2w", 1209600.0),
        (" 8 ", 8.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    """A number of seconds, or with its unit."""
    assert duration.read(text) == seconds


@pytest.mark.parametrize("text", ["", "1h30", "h", "1x", "1e3", "nan", "-5", "0", "5s 0m", "1..5h"])
def test_what_is_no_duration(text: str) -> None:
    """Nothing is guessed, and the error has the forms."""
    with pytest.raises(ValueError, match="such as 5s or 24h, 1h30m or 2w"):
        duration.read(text)


def test_units() -> None:
    """A word that somebody may have typed behind a blank."""
    assert all(map(duration.is_unit, ("day", "Hours", "m")))
    assert not duration.is_unit("198.51.100.7")
