"""Reads the log of events from its end: why an address is banned, and which ban was the last."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Optional

from ideolab_f2b import event, files
from ideolab_f2b.event import Event

#: bytes at the end of each log that are searched
SEARCHED_BYTES = 32 << 20
#: bytes that are read at a time
_BLOCK_BYTES = 1 << 18
#: bytes of the longest line; a longer one is none of ours
_LINE_BYTES = 1 << 16
_BANS = ("ban", "restored")
#: addresses that each line is searched for before it is read
_WORDS = 20


def find_bans(path: Path, bans: Collection[tuple[str, str]]) -> dict[tuple[str, str], Event]:
    """Return {(address or network, jail): the event of its last ban}; what is not found is left out.

    A ban that came back after a restart tells less than the first: that is looked for further.
    """
    found: dict[tuple[str, str], Event] = {}
    wanted = set(bans)
    # an event has the bare number of an AS
    words = {f'"{address.removeprefix("AS")}"'.encode() for address, _jail in bans}
    for line in _lines(path) if bans else ():
        # to read a line costs as much as to search it for a few words
        if len(words) <= _WORDS and not any(word in line for word in words):
            continue
        one = _read_ban(line) if b'"ban"' in line or b'"restored"' in line else None
        key = (find_name(one), one.jail or "") if one else ("", "")
        if one is None or key not in wanted:
            continue
        found.setdefault(key, one)
        if one.type == "ban":
            found[key] = one if found[key].reason is None else found[key]
            wanted.discard(key)
            if not wanted:
                break
    return found


def find_name(one: Event) -> str:
    """Return what was banned: an address, a network, or an AS where it is neither."""
    return one.ip or one.subnet or (f"AS{one.asn}" if one.asn else "")


def find_last_ban(path: Path) -> Optional[Event]:
    """Return the event of the last new ban."""
    for line in _lines(path):
        one = _read_ban(line) if b'"ban"' in line else None
        if one is not None and one.type == "ban":
            return one
    return None


def _read_ban(line: bytes) -> Optional[Event]:
    try:
        one = event.from_json(line.decode("utf-8", "replace"))
    except (event.EventError, RecursionError):
        # a line that a full disk has cut, or that is not ours: the log is another user's, and this is root
        return None
    return one if one.type in _BANS and _is_sound(one) else None


def _is_sound(one: Event) -> bool:
    # JSON gives a field any type
    fields: list[tuple[object, tuple[type, ...]]] = [(one.ts, (datetime,)), (one.raw, (dict, type(None)))]
    fields += [(text, (str, type(None))) for text in (one.ip, one.subnet, one.jail, one.reason, one.asn)]
    return all(isinstance(value, kinds) for value, kinds in fields)


def _lines(path: Path) -> Iterator[bytes]:
    """Return the lines of the log and of the one that was rotated last, the newest first."""
    for each in (path, path.with_name(f"{path.name}.1")):
        try:
            file = files.open_to_read(each)
        except FileNotFoundError:
            continue
        with file:
            yield from _lines_backwards(file)


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    end = os.fstat(file.fileno()).st_size
    first = max(0, end - SEARCHED_BYTES)
    rest = b""
    while end > first:
        start = max(first, end - _BLOCK_BYTES)
        head, *lines = (os.pread(file.fileno(), end - start, start) + rest).split(b"\n")
        yield from reversed(lines)
        rest, end = head[:_LINE_BYTES], start
    yield rest
