"""The bytes of a list -> text, whatever editor and system wrote it."""

from __future__ import annotations

import codecs

#: the byte order marks that editors write, and what follows each; "-sig" and "utf-16" take the mark away
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: what no reader sees: a mark in the middle of a file (two files put together), and zero-width blanks
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\0"))


def decode(content: bytes) -> str:
    """Return the text of UTF-8 or UTF-16, with a byte order mark or without; a bad byte stays visible."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), _guess(content))
    return content.decode(encoding, "replace").translate(_INVISIBLE)


def _guess(content: bytes) -> str:
    # an address is ASCII, so each second byte of UTF-16 is zero
    if content[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if content[:1] == b"\0" else "utf-8"
