"""Shows what a client sent as text that no terminal, page or database takes for anything else."""

from __future__ import annotations

#: the last character that MySQL's utf8mb3 holds
_LAST = "\uffff"
#: characters of an error that are told
_ERROR_MAX = 500


def to_printable(text: str, length: int) -> str:
    """Return at most `length` characters: letters as they are, what is not printable as `\\x0a` or `\\u202e`.

    So a line feed begins no line, and a character that turns the direction of writing turns nothing.
    """
    text = text[:length]
    if text.isascii() and text.isprintable():
        return text
    return "".join([one if one.isprintable() and one <= _LAST else _escape(one) for one in text])[:length]


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
