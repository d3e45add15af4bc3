"""A time as people write it -> its seconds: `90`, `5s`, `1h30m`, `1 day`."""

from __future__ import annotations

import re

#: {what people write for a unit: its seconds}
_UNITS = {
    word: seconds
    for words, seconds in (
        ("s sec secs second seconds", 1.0),
        ("m min mins minute minutes", 60.0),
        ("h hr hrs hour hours", 3600.0),
        ("d day days", 86400.0),
        ("w week weeks", 604800.0),
    )
    for word in words.split()
}
_NUMBER = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,6})?")
_PART = re.compile(rf"({_NUMBER.pattern})\s*([a-z]+)", re.ASCII)
_PARTS = re.compile(rf"(?:{_PART.pattern}[\s,]*)+", re.ASCII)


def read(text: str) -> float:
    """Return the seconds of `8`, `0.5`, `5s`, `1h30m`, `1 day` or `2w`; ValueError for zero and less."""
    word = text.strip().lower()
    if _NUMBER.fullmatch(word):
        seconds = float(word)
    else:
        parts = _PART.findall(word) if _PARTS.fullmatch(word) else []
        # 0 for a unit that is none: the error below has the forms
        seconds = sum(float(number) * _UNITS.get(unit, 0.0) or 1e9 for number, unit in parts)
    if not 0 < seconds < 1e9:
        raise ValueError("a duration above 0 is needed, such as 5s or 24h, 1h30m or 2w")
    return seconds


def is_unit(text: str) -> bool:
    """Return whether a word is a unit of read(), such as `day`."""
    return text.strip().lower() in _UNITS
