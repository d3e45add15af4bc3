"""An event, and its JSON line in connmon_events.jsonl: the contract with Django."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Optional

#: what may happen; a restored ban is one that fail2ban made again after a restart; with `observe = yes`, who
#: would be a suspect is observed
TYPES = ("suspect", "observed", "ban", "unban", "restored")


class EventError(ValueError):
    """The line is not an event; the text says why."""


@dataclass(frozen=True)
class Event:
    """What happened to one address or network; None where it is not known. Times are aware, `bantime` in
    seconds (-1 = permanent), `raw` whatever the writer knew beyond the named fields."""

    ts: datetime
    type: str
    ip: Optional[str] = None
    subnet: Optional[str] = None
    count: Optional[int] = None
    score: Optional[int] = None
    asn: Optional[str] = None
    asname: Optional[str] = None
    country: Optional[str] = None
    reason: Optional[str] = None
    jail: Optional[str] = None
    bantime: Optional[int] = None
    until: Optional[datetime] = None
    origin: Optional[str] = None
    raw: Optional[dict[str, Any]] = None
    #: the network namespace of the container in which it was seen; None: the host's own
    namespace: Optional[str] = dataclasses.field(default=None, metadata={"key": "in"})
    #: of a ban, unban or restored: the same event written twice has the same. The report action looks for it
    #: at the end of a line, so it is the last field
    id: Optional[str] = None

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise EventError(f"type {self.type!r} is none of {', '.join(TYPES)}")
        for when in (self.ts, self.until):
            if when is not None and when.tzinfo is None:
                raise EventError("a time without a zone says nothing to another host")

    def to_json(self) -> str:
        """Return one line of ASCII, without its newline."""
        record = {key: getattr(self, name) for key, name in _keys().items()}
        return json.dumps(record, default=_text, separators=(",", ":"))


@lru_cache(maxsize=1)
def _keys() -> dict[str, str]:
    """Return {key of the JSON: field}; `in` is no name in Python."""
    return {str(item.metadata.get("key", item.name)): item.name for item in dataclasses.fields(Event)}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"{value!r} cannot be stored in an event")


def from_json(line: str) -> Event:
    """Read one line; EventError when it is incomplete, not an object, or has wrong fields."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise EventError(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise EventError("not an object")
    fields = {name: record[key] for key, name in _keys().items() if key in record}
    try:
        for name in ("ts", "until"):
            if fields.get(name) is not None:
                fields[name] = datetime.fromisoformat(fields[name])
        return Event(**fields)
    except (TypeError, ValueError) as error:
        raise EventError(f"not an event: {error}") from error
