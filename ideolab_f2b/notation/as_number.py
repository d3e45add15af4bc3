"""The number of an autonomous system as people and fail2ban's tickets write it: AS64500."""

from __future__ import annotations

import re

#: 32 bits; 0 stands for no AS
HIGHEST = 2**32 - 1
_WORD = re.compile(r"AS([1-9][0-9]{0,9})", re.ASCII | re.IGNORECASE)


def parse(word: str) -> int:
    """Return the number of `AS64500` or `as64500`; ValueError for any other word."""
    found = _WORD.fullmatch(word)
    if not found or int(found[1]) > HIGHEST:
        raise ValueError(f"{word[:40]!r} is no AS number; write it as AS64500, from AS1 to AS{HIGHEST}")
    return int(found[1])


def count(numbers: int) -> str:
    """Return `1 AS` or `3 ASes`."""
    return "1 AS" if numbers == 1 else f"{numbers} ASes"


def text(number: int) -> str:
    """Return how a ticket and every line name an AS: `AS64500`."""
    return f"AS{number}"
