"""One line of an access log, combined or in the format of ideolab-log.conf -> its client and its hour."""

from __future__ import annotations

import calendar
import functools
import re
import socket
from typing import Optional

from ideolab_f2b.kernel.client_network import client_part
from ideolab_f2b.kernel.ipset.element import Key

#: no log is older
_FIRST_YEAR = 1970
#: characters of a line that are looked at: address and time stand first
LOOKED_AT = 200
#: 198.51.100.7 - alice [29/Nov/2026:21:40:00 +0000]; the user is a client's word and may hold anything
_COMBINED = re.compile(
    rb"([0-9a-fA-F.:]{2,45}) \S+ .{0,100}?\[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):\d{2}:\d{2} ([+-]\d{4})\]"
)
#: {"ip":"198.51.100.7","time":"2026-11-29T21:40:00+00:00"
_OURS = re.compile(
    rb'\{"ip":"([0-9a-fA-F.:]{2,45})","time":"(\d{4})-(\d{2})-(\d{2})T(\d{2}):\d{2}:\d{2}([+-]\d{2}):?(\d{2})"'
)
_MONTHS = {
    b"Jan": 1, b"Feb": 2, b"Mar": 3, b"Apr": 4, b"May": 5, b"Jun": 6, b"Jul": 7, b"Aug": 8, b"Sep": 9,
    b"Oct": 10, b"Nov": 11, b"Dec": 12,
}  # fmt: skip


def split(line: bytes) -> Optional[tuple[bytes, float]]:
    """Return the address as written and the begin of the hour in epoch seconds; None for no such line."""
    head = line[:LOOKED_AT]
    ours = _OURS.match(head)
    if ours:
        address, year, month, day, hour, zone, minutes = ours.groups()
        return address, _hour(int(year), int(month), int(day), int(hour), zone + minutes)
    found = _COMBINED.match(head)
    if found is None or found[3] not in _MONTHS:
        return None
    address, day, name, year, hour, zone = found.groups()
    return address, _hour(int(year), _MONTHS[name], int(day), int(hour), zone)


@functools.lru_cache(maxsize=1024)
def _hour(year: int, month: int, day: int, hour: int, zone: bytes) -> float:
    away_s = (int(zone[1:3]) * 60 + int(zone[3:5])) * 60 * (-1 if zone[:1] == b"-" else 1)
    if not 1 <= month <= 12 or year < _FIRST_YEAR:
        return float("-inf")
    return float(calendar.timegm((year, month, day, hour, 0, 0)) - away_s)


def client(address: bytes) -> Optional[Key]:
    """Return the client whose address this is; None for no address."""
    family = socket.AF_INET6 if b":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address.decode("ascii"))
    except (OSError, ValueError):
        return None
    if packed.startswith(b"\0" * 10 + b"\xff\xff"):
        packed = packed[12:]
    part = client_part(packed)
    number = int.from_bytes(part.ljust(len(packed), b"\0"), "big")
    return (4 if len(packed) == 4 else 6), number, 8 * len(part)
