"""Whether a word is a host name; asks no DNS."""

from __future__ import annotations

import re

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
#: the last label holds a letter: what ends in a number is an address with a mistake
_LAST = r"(?=[A-Za-z0-9-]*[A-Za-z])(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_SINGLE = re.compile(_LAST)
_QUALIFIED = re.compile(rf"(?:{_LABEL}\.)+{_LAST}")
#: RFC 1035
_LENGTH = 253


def read(word: str, *, with_single: bool = False) -> str:
    """Return the name in lower case, "" when it is none.

    A name has a dot: without one it can be a word of a sentence that has lost its #. `with_single` takes
    those too, as ignoreip does.
    """
    name = _encode(word.strip("\"'`")[: _LENGTH + 2]).rstrip(".").lower()
    is_name = _QUALIFIED.fullmatch(name) or (with_single and _SINGLE.fullmatch(name))
    return name if is_name and len(name) <= _LENGTH else ""


def _encode(name: str) -> str:
    """Write a name with other letters than ASCII as DNS knows it: xn--..."""
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
