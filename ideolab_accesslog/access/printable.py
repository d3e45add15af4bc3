"""Shows what a client sent as text that no terminal, page or database takes for anything else."""

from __future__ import annotations

import unicodedata

#: the last character that MySQL's utf8mb3 holds
_LAST = "\uffff"
#: marks on one letter; no language has more, and dozens cover the lines above and below
_MARKS = 3
#: letters and marks for Python, and nothing on a screen
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0").union(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10)))
)
#: characters of an error that are told
_ERROR_MAX = 500


def to_printable(text: str, length: int) -> str:
    """Return at most `length` characters: letters as they are, what is not printable as `\\x0a` or `\\u202e`.

    So a line feed begins no line, a character that turns the direction of writing turns nothing, and marks
    that are heaped on a letter cover nothing.
    """
    text = text[:length]
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for one in text:
        marks = marks + 1 if unicodedata.category(one) in ("Mn", "Me") else 0
        shown.append(one if _is_shown(one) and marks <= _MARKS else _escape(one))
    return "".join(shown)[:length]


def _is_shown(character: str) -> bool:
    return character.isprintable() and character <= _LAST and character not in _BLANK


def describe_error(error: Exception) -> str:
    """Return the first line of an error, printable.

    A database's further lines may quote the row that it was at, as a client sent it.
    """
    return to_printable((str(error).splitlines() or [type(error).__name__])[0], _ERROR_MAX)


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
