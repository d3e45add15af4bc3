"""A day as JSON, and back: the file belongs to a user that is not root, so each value of it is checked."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
from collections.abc import Mapping
from typing import Any, Callable, TypeVar

from ideolab_f2b.connmon.observe.day import MOST, DaySuspect, Peak, WatchedDay

#: names of rules, numbers and states in one day
_MOST_NAMES = 40
_LONGEST = 400
_Record = TypeVar("_Record")


class SummaryError(ValueError):
    """The text is no summary; it says what is wrong."""


def to_json(day: WatchedDay) -> dict[str, Any]:
    """Return the day as plain values."""
    fields = dataclasses.asdict(day)
    fields["suspects"] = [dataclasses.asdict(one) for one in day.list_suspects()]
    return fields


def from_json(fields: object) -> WatchedDay:
    """Return the day of these plain values; SummaryError when one of them cannot be."""
    given = _mapping(fields)
    return WatchedDay(
        date=_date(given.get("date")),
        watched_s=_number(given.get("watched_s")),
        observed_s=_number(given.get("observed_s")),
        rules={name: int(_number(value)) for name, value in _names(given.get("rules"))},
        is_about=given.get("is_about") is True,
        suspects={one.address: one for one in map(_read_suspect, _list(given.get("suspects")))},
        peaks={name: _read_peak(value) for name, value in _names(given.get("peaks"))},
        states={name: _number(value) for name, value in _names(given.get("states"))},
    )


def _read_suspect(fields: object) -> DaySuspect:
    one = _record(DaySuspect, fields)
    one.address = _address(one.address)
    return one


def _read_peak(fields: object) -> Peak:
    one = _record(Peak, fields)
    one.address = _address(one.address) if one.address else ""
    return one


def _record(kind: Callable[..., _Record], fields: object) -> _Record:
    """Return a record of which each field has the type that it is declared with."""
    given, values = _mapping(fields), {}
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]
        values[item.name] = _READ[str(item.type)](given.get(item.name))
    return kind(**values)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SummaryError(f"{str(value)[:40]!r} is no object")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MOST:
        raise SummaryError("a list that is too long, or none")
    return value


def _names(value: object) -> list[tuple[str, Any]]:
    found = _mapping(value)
    if len(found) > _MOST_NAMES:
        raise SummaryError("too many names")
    return [(_text(name), one) for name, one in found.items()]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SummaryError(f"{str(value)[:40]!r} is no number")
    # which no NaN is
    if not 0 <= value < 1e11:
        raise SummaryError("a number that is out of range")
    return value


def _count(value: object) -> int:
    return int(_number(value))


def _text(value: object) -> str:
    # it will be printed on root's terminal
    if not isinstance(value, str) or len(value) > _LONGEST or not (value.isascii() and value.isprintable()):
        raise SummaryError(f"{ascii(value)[:40]} is no plain text")
    return value


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError as error:
        raise SummaryError(f"{ascii(text)[:40]} is no address") from error


def _date(value: object) -> str:
    try:
        return datetime.date.fromisoformat(_text(value)).isoformat()
    except ValueError as error:
        raise SummaryError(f"{ascii(value)[:40]} is no date") from error


_READ: Mapping[str, Callable[[object], object]] = {"str": _text, "int": _count, "float": _number}
