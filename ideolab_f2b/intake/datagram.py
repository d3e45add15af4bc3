"""Reads the header that nginx puts before each message: BSD syslog, with or without a host name. Pure."""

from __future__ import annotations

import functools
import re
from typing import Optional

#: bytes; the most that is read of a datagram: a longer one is refused, for its end is lost
SIZE = 65536
#: bytes: where the colon after the tag can be, at the earliest and at the latest
_COLON = len(b"<1>Nov 22 15:34:01 n"), 320
_HEADER = re.compile(
    rb"<\d{1,3}>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[!-~]{1,255} )?([A-Za-z0-9_]{1,32}): "
)


def parse(data: bytes) -> Optional[tuple[bytes, bytes]]:
    """Return the tag of nginx's configuration, and the line that nginx would have written to a file.

    None when this is not from nginx's syslog writer, or says nothing.
    """
    end = data.find(b": ", *_COLON) + 2
    tag = _tag(data[:end])
    return (tag, data[end:]) if tag and end < len(data) else None


@functools.lru_cache(maxsize=256)
def _tag(header: bytes) -> Optional[bytes]:
    # remembered: all messages of a second begin alike
    found = _HEADER.fullmatch(header)
    return found and found[1]
