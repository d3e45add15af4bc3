"""What the files of all vendors have in common: whether one is packed, and when its data was made."""

from __future__ import annotations

import os
import re
from email.utils import parsedate_to_datetime
from typing import Optional

#: {what stands at the begin of a packed file: what it is, and what unpacks it}
_PACKED = {
    b"\x1f\x8b": "packed by gzip: unpack it with gunzip -k",
    b"PK\x03\x04": "a zip archive: unpack it with unzip",
    b"\xfd7zXZ\0": "packed by xz: unpack it with unxz -k",
    b"BZh": "packed by bzip2: unpack it with bunzip2 -k",
    b"\x28\xb5\x2f\xfd": "packed by zstd: unpack it with unzstd",
}
#: a tar archive says so behind its first name
_TAR = slice(257, 262)
#: what `location dump` and tor-geoipdb have in their remarks
_GENERATED = re.compile(rb"^# Generated: *(.{10,60})$", re.MULTILINE)
#: epoch seconds of 2005; archives of npm and others are dated 1980, 1985 or 1970
_FIRST_DATE = 1104537600


def find_packing(head: bytes) -> str:
    """Return how a file is packed, with what unpacks it, by its first bytes; "" where it is not."""
    if head[_TAR] == b"ustar":
        return "a tar archive: unpack it with tar xf"
    return next((what for mark, what in _PACKED.items() if head.startswith(mark)), "")


def find_date(head: bytes) -> Optional[float]:
    """Return the date that stands in the remarks at the begin, in epoch seconds; None where there is none."""
    found = _GENERATED.search(head)
    try:
        return parsedate_to_datetime(found[1].decode("ascii", "replace")).timestamp() if found else None
    except (TypeError, ValueError, OverflowError):
        return None


def read_time(found: os.stat_result) -> float:
    """Return when the content was made, or where its archive says nonsense, when it came onto this host."""
    return found.st_mtime if found.st_mtime > _FIRST_DATE else found.st_ctime
