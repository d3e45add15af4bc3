"""Finds the address and the kind of a line; every filter treats lines of one address and kind alike. Pure.

The address is the first after `, client: `, the one that an anchored filter takes. A client can put such
words before nginx's own only into messages of kinds that no filter counts, and so spends nobody's lines.
"""

from __future__ import annotations

import functools
import re
from typing import Optional

#: bytes of a kind; nginx's texts are shorter, and a longer one holds what a client sent
LONGEST = 160
#: bytes of an address
_LONGEST_ADDRESS = len(b"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")
_DIGITS = b"0123456789"
_FRONT = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: ")
#: bytes: where the front can end, at the earliest and at the latest
_FRONT_SIZES = len(b"2026/11/22 15:34:01 [info] "), 80
_CLIENT = b", client: "
# nginx's default format, or an object of JSON whose first value is the address
_FIRST = re.compile(rb'(?:\{ ?"\w+": ?")?([0-9A-Fa-f.:]{1,45})')
# in our own format the seconds stand next: a request of ten or more is not of one kind with a quick one
_STATUS = re.compile(rb'" (\d{3}) |"status": ?"?(\d{3})(?:","rt":\d(\d))?')

#: the address (empty when the line names none) and the words that lines of this kind have in common
Kind = tuple[bytes, bytes]


def classify_error(text: bytes) -> Optional[Kind]:
    """Return the kind of a line of the error log; None when it is none."""
    begin = text.find(b": ", *_FRONT_SIZES) + 2
    if not _is_front(text[:begin]):
        return None
    if text[begin : begin + 1] == b"*":
        begin = text.find(b" ", begin)
    end = text.find(_CLIENT, begin)
    if end < 0:
        return b"", _words(text[begin : begin + LONGEST])
    start = end + len(_CLIENT)
    stop = text.find(b",", start, start + _LONGEST_ADDRESS + 1)
    return text[start:stop] if stop >= 0 else b"", _words(text[begin : min(end, begin + LONGEST)])


@functools.lru_cache(maxsize=256)
def _is_front(text: bytes) -> bool:
    # remembered, as the words are: thousands of lines a second begin alike and say the same
    return _FRONT.fullmatch(text) is not None


@functools.lru_cache(maxsize=1024)
def _words(text: bytes) -> bytes:
    # from a quote on it is a name or what a client sent; numbers differ from line to line
    return text.partition(b'"')[0].translate(None, _DIGITS)


def classify_access(text: bytes) -> Kind:
    """Return the kind of a line of the access log.

    Its words are the status, and whether the request took long: filters look at nothing else.
    """
    first, status = _FIRST.match(text), _STATUS.search(text)
    address = first[1] if first else b""
    if status is None:
        return address, b""
    return address, (status[1] or status[2]) + (b" slow" if status[3] else b"")
