"""Reads the times of a command line; what is none is a usage error."""

from __future__ import annotations

import argparse
from typing import Union

from ideolab_f2b.notation import duration

PERMANENT = "permanent"
#: seconds; fail2ban formats the end of a ban as a date, and the ban action takes no more
_LONGEST_S = 10 * 365 * 86400
#: days; no log of the pack is as old
_MOST_DAYS = 366


def seconds(text: str) -> float:
    """Return the seconds between two of something."""
    try:
        return duration.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def days(text: str) -> float:
    """Return a number of days, a part of one too; a year at most."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    # not a comparison that lets nan through
    if not 0 < found <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a number of days: write 7, or 0.5")
    return found


def ban_time(text: str) -> Union[int, str]:
    """Return how long a ban lasts: whole seconds, or "permanent"."""
    word = text.strip().lower()
    if word == PERMANENT:
        return word
    try:
        found = int(duration.read(word))
    except ValueError:
        found = 0
    if not 0 < found <= _LONGEST_S:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is not a time: write 90 (seconds), 90m, 1h30m, 24h, 7d, 2w (ten years at most) "
            "or permanent"
        )
    return found
