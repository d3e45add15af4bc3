"""Reads one line of connmon_events.jsonl. What is no event says why, and costs no other line. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any, NamedTuple, Optional

from ideolab_accesslog.databases.text import clean
from ideolab_accesslog.events.rows.addresses import Wherefrom, read_address, read_network
from ideolab_accesslog.events.rows.row import EventRow
from ideolab_accesslog.models import ConnmonEvent

#: years of an event's time: the pack is younger, and a clock that is further off is broken
YEARS = range(2000, 2100)
#: years of any other time: MySQL begins there, and at the end of 9999 a time zone leaves the calendar
_CALENDAR = range(1000, 9999)
#: levels of `raw`: MariaDB takes 32
DEPTH_MAX = 30
#: characters of a reason; connmon's are shorter than 500
REASON_MAX = 2000
#: what a column of 64 bits holds
_NUMBERS = range(-(2**63), 2**63)
_TYPES = frozenset(ConnmonEvent.Type.values)
#: an AS number; of an address that several ASes announce the first
_ASN = re.compile(r"(?:AS)?([0-9]{1,10})(?![0-9])")
_ID = re.compile(r"[0-9A-Za-z._:-]{1,64}")
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder()
_NOWHERE = Wherefrom(None, None, None)


class LineError(ValueError):
    """The line is no event; the text says why and repeats nothing of the line."""


class LinePlace(NamedTuple):
    """Where a line stands: the digest of its file's first line, and its first byte."""

    head: str
    position: int


def parse_line(line: bytes, place: LinePlace, now: datetime, fit: Callable[[str], str] = clean) -> EventRow:
    """Return the row of one line; `fit` makes a text one that the table holds."""
    record = _read_object(line)
    if not line.isascii() or b"\\u" in line:
        record = _fit(record, fit)
    try:
        return _make_row(record, line, place, now)
    except (ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, LineError):
            raise
        raise LineError("a value is out of range") from error


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        record = _load(line.decode())
    except UnicodeDecodeError as error:
        raise LineError("it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise LineError(f"it is not JSON: {error.msg} (character {error.pos})") from error
    except (ValueError, RecursionError) as error:
        # numbers of more than 4300 digits, thousands of brackets
        raise LineError("it is not JSON that can be read") from error
    if not isinstance(record, dict):
        raise LineError("it is not an object")
    if line.count(b"[") + line.count(b"{") > DEPTH_MAX and _is_deeper(record, DEPTH_MAX):
        raise LineError("it is nested too deeply")
    return record


def _load(text: str) -> Any:
    """Return what json.loads() does; a line as the pack writes it takes less time."""
    try:
        record, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        return json.loads(text)
    return record if end == len(text) or text[end:] == "\n" else json.loads(text)


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether a value has more levels; it goes no deeper than that itself."""
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _fit(value: Any, fit: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fit(value)
    if isinstance(value, dict):
        return {fit(key): _fit(one, fit) for key, one in value.items()}
    return [_fit(one, fit) for one in value] if isinstance(value, list) else value


def _make_row(record: Mapping[str, Any], line: bytes, place: LinePlace, now: datetime) -> EventRow:
    kind = _take_type(record)
    ip, subnet, start = _take_where(record)
    # names of the arguments would double the time of the call
    return EventRow(
        _take_event_time(record),
        kind,
        ip,
        subnet,
        start,
        _take_number(record, "count"),
        _take_number(record, "score"),
        _take_asn(record),
        _take_text(record, "asname", 255),
        _take_text(record, "country", 8),
        _take_text(record, "reason", REASON_MAX),
        _take_text(record, "jail", 64),
        _take_number(record, "bantime"),
        _take_time(record, "until"),
        _take_text(record, "origin", 49),
        _take_text(record, "in", 128),
        _take_id(record) or _make_id(line, place),
        now,
        _take_raw(record),
    )


def _take_type(record: Mapping[str, Any]) -> str:
    kind = record.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        raise LineError("type is none of those of an event")
    return kind


def _take_where(record: Mapping[str, Any]) -> Wherefrom:
    for key, read in (("ip", read_address), ("subnet", read_network)):
        text = record.get(key)
        if text is None:
            continue
        try:
            return read(text) if isinstance(text, str) else read("")
        except ValueError as error:
            raise LineError(f"{key} is no {'address' if key == 'ip' else 'network'}") from error
    if record.get("asn") is None:
        raise LineError("it names no address, no network and no AS")
    return _NOWHERE


def _take_text(record: Mapping[str, Any], key: str, most: int) -> Optional[str]:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise LineError(f"{key} is no text")
    return value[:most] or None


def _take_number(record: Mapping[str, Any], key: str) -> Optional[int]:
    value = record.get(key)
    if value is None:
        return None
    if type(value) is not int or value not in _NUMBERS:
        raise LineError(f"{key} is no whole number of 64 bits")
    return value


def _take_asn(record: Mapping[str, Any]) -> Optional[str]:
    value = record.get("asn")
    if value is None:
        return None
    found = _ASN.match(value if isinstance(value, str) else str(_take_number(record, "asn")))
    if found is None:
        raise LineError("asn is no AS number")
    # 00064500 is AS64500: what is counted and looked for is the number
    return found[1].lstrip("0") or "0"


def _take_event_time(record: Mapping[str, Any]) -> datetime:
    found = _take_time(record, "ts")
    if found is None or found.year not in YEARS:
        raise LineError("ts is no time of an event")
    return found


def _take_time(record: Mapping[str, Any], key: str) -> Optional[datetime]:
    value = record.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise LineError(f"{key} is no time")
    try:
        # Z is for Python 3.11
        found = datetime.fromisoformat(value if value[-1:] != "Z" else f"{value[:-1]}+00:00")
        if found.tzinfo is None:
            raise LineError(f"{key} has no zone")
        # most are in UTC already, and to say so again takes its time
        if found.tzinfo is not timezone.utc:
            found = found.astimezone(timezone.utc)
        if found.year not in _CALENDAR:
            raise LineError(f"{key} is no time that a database holds")
        return found
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, LineError) else LineError(f"{key} is no time") from error


def _take_raw(record: Mapping[str, Any]) -> Optional[str]:
    value = record.get("raw")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise LineError("raw is no object")
    try:
        return _ENCODER.encode(value)
    except ValueError as error:
        raise LineError("raw has a number that no database holds") from error


def _take_id(record: Mapping[str, Any]) -> str:
    value = record.get("id")
    if value is None:
        return ""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise LineError("id is none")
    return value


def _make_id(line: bytes, place: LinePlace) -> str:
    """Return the id of an event without one: the same for this line of this file, another for a repeat."""
    digest = blake2b(line, key=f"{place.head} {place.position}".encode()[-64:], digest_size=16)
    return f"line-{digest.hexdigest()}"
