"""Switches and numbers, also as texts: an environment variable is one."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

from ideolab_accesslog.setting_types.reading import NUMBER, SettingType

#: seconds of ten years: longer no ban may be, and no thread can wait
LONGEST_S = 10 * 365 * 86400
#: seconds of the shortest interval: a shorter one is a loop without a pause
SHORTEST_S = 0.001
#: rows, points and MiB that no site has
MOST = 10**9
_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1", "y", "t"), True),
    **dict.fromkeys(("false", "no", "off", "0", "n", "f"), False),
}


def is_switch(value: Any) -> bool:
    """Return whether a value is True or False; 1 and 0 are the same to Python."""
    return isinstance(value, int) and value in (False, True)


def to_switch(value: Any) -> bool:
    """Return what a word means: True for yes, false for "False", which Python itself takes for true."""
    if not isinstance(value, str):
        raise ValueError("no word")
    return _WORDS[value.strip().lower()]


def is_number(value: Any) -> bool:
    """Return whether a value is a number; True and False are not, and neither is infinity."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return isinstance(value, int) or math.isfinite(value)


def to_number(value: Any) -> float:
    """Return the number of a text, a Decimal, a fraction or a time; ValueError for anything else."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (str, Real, Decimal)):
        raise ValueError("no number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("no finite number")
    return int(number) if number.is_integer() else number


def is_duration(value: Any) -> bool:
    """Return whether a value is a number of seconds that a thread can wait."""
    return is_number(value) and SHORTEST_S <= value <= LONGEST_S


def to_duration(value: Any) -> float:
    """Return the seconds that another notation means."""
    return _refuse_unless(is_duration(number := to_number(value)), number)


def is_count(value: Any) -> bool:
    """Return whether a value is a whole number above 0."""
    return is_number(value) and 1 <= value <= MOST and value == int(value)


def to_count(value: Any) -> int:
    """Return the whole number that another notation means, 2 for 2.5."""
    number = to_number(value)
    return int(_refuse_unless(1 <= number <= MOST, number))


def to_seconds(value: Any) -> int:
    """Return the whole seconds that another notation means."""
    seconds = to_count(value)
    return int(_refuse_unless(seconds <= LONGEST_S, seconds))


def is_part(value: Any) -> bool:
    """Return whether a value is a number from 0 to 1."""
    return is_number(value) and 0 <= value <= 1


def to_part(value: Any) -> float:
    """Return the part that another notation means."""
    return _refuse_unless(is_part(number := to_number(value)), number)


def is_size(value: Any) -> bool:
    """Return whether a value is a size above 0; a text is one too, as it has always been."""
    try:
        return 0 < to_number(value) <= MOST
    except (ArithmeticError, TypeError, ValueError):
        return False


def _refuse_unless(is_good: bool, number: float) -> float:
    if not is_good:
        raise ValueError("out of bounds")
    return number


AUTO_SWITCH = SettingType(
    '`"auto"`, `True` or `False`',
    'Write "auto", or True or False without quotes.',
    lambda value: is_switch(value) or value == "auto",
    to_switch,
)
SWITCH = SettingType("`True` or `False`", "Write True or False, without quotes.", is_switch, to_switch)
POSITIVE = SettingType(
    "number above 0",
    f"Give a number above 0, at most {LONGEST_S} seconds.",
    is_duration,
    to_duration,
    NUMBER,
)
COUNT = SettingType("whole number above 0", "Give a whole number above 0.", is_count, to_count, NUMBER)
COUNT_S = SettingType(
    "whole number above 0",
    f"Give a whole number above 0, at most {LONGEST_S} seconds.",
    lambda value: is_count(value) and value <= LONGEST_S,
    to_seconds,
    NUMBER,
)
PART = SettingType("number from 0 to 1", "Give a number from 0 to 1; 1 logs all.", is_part, to_part, NUMBER)
SIZE = SettingType("number above 0", "Give a number above 0.", is_size, kind=NUMBER)
