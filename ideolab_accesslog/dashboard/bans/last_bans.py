"""The newest bans, and whether each is still in force as far as the events say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Optional

from django.db.models import Value

from ideolab_accesslog.dashboard.bans.networks import NAME_MAX, name_as, show
from ideolab_accesslog.dashboard.event_types import BAN, RESTORED, UNBAN
from ideolab_accesslog.dashboard.first_rows import read_first
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.models import ConnmonEvent

#: bans that the page shows
NEWEST = 20
#: events of a banned address after its ban, among which an unban is looked for
LATER = 20
#: characters of a reason
REASON_MAX = 300
PERMANENT = -1


class EventEntry(NamedTuple):
    """One event, without what is in `raw`; `start` as in ConnmonEvent."""

    id: int
    ts: datetime
    type: str
    ip: Optional[str]
    subnet: Optional[str]
    jail: Optional[str]
    reason: Optional[str]
    asn: Optional[str]
    asname: Optional[str]
    country: Optional[str]
    bantime: Optional[int]
    until: Optional[datetime]
    start: Optional[str]

    @property
    def of(self) -> str:
        """Return the address, the network or the AS that it is about."""
        return show(self.ip or self.subnet or name_as(self.asn)) or ""


@dataclass(frozen=True)
class BanEntry:
    """One ban as the page shows it. `state`: active, over, lifted or unknown."""

    id: int
    ts: datetime
    type: str
    of: str
    jail: str
    reason: str
    asn: Optional[str]
    asname: Optional[str]
    country: Optional[str]
    until: Optional[datetime]
    permanent: bool
    state: str


def read_last(now: datetime) -> tuple[BanEntry, ...]:
    """Read the newest bans and restored bans; one of a time to come would be the newest until then."""
    rows = [row for kind in (BAN, RESTORED) for row in _read_type(kind, now)]
    rows.sort(key=lambda row: (row.ts, row.id), reverse=True)
    return make_entries(rows[:NEWEST], now)


def _read_type(kind: str, now: datetime) -> Iterable[EventEntry]:
    # one type at a time: `type IN` would sort all events of both
    rows = ConnmonEvent.objects.filter(type=kind, ts__lte=to_database(now)).order_by("-ts", "-id")
    return map(EventEntry._make, rows.values_list(*EventEntry._fields)[:NEWEST])


def make_entries(rows: Sequence[EventEntry], now: datetime) -> tuple[BanEntry, ...]:
    """Return the entries of bans; one query finds what became of all of them."""
    after = _find_later(rows)
    return tuple(make_entry(row, find_state(row, after.get(row.id, ()), now)) for row in rows)


def make_entry(row: EventEntry, state: str) -> BanEntry:
    """Return the entry of one event."""
    return BanEntry(
        id=row.id,
        ts=to_utc(row.ts),
        type=row.type,
        of=row.of,
        jail=show(row.jail, NAME_MAX) or "",
        reason=show(row.reason, REASON_MAX) or "",
        asn=show(row.asn),
        asname=show(row.asname, NAME_MAX),
        country=show(row.country),
        until=find_end(row),
        permanent=row.bantime == PERMANENT,
        state=state,
    )


def find_end(row: EventEntry) -> Optional[datetime]:
    """Return when a ban ends; None where it does not, or nobody knows."""
    if row.until is not None:
        return to_utc(row.until)
    if row.bantime is None or row.bantime < 0:
        return None
    try:
        return to_utc(row.ts) + timedelta(seconds=row.bantime)
    except OverflowError:
        return None


def find_state(row: EventEntry, later: Sequence[tuple[str, Optional[str]]], now: datetime) -> str:
    """Return what became of a ban; `later`: (type, jail) of the target's events after it, newest first."""
    end = find_end(row)
    if end is not None and end <= now:
        return "over"
    if any(kind == UNBAN and jail == row.jail for kind, jail in later):
        return "lifted"
    if len(later) >= LATER or (end is None and row.bantime != PERMANENT):
        return "unknown"
    return "active"


def _find_later(rows: Sequence[EventEntry]) -> dict[int, list[tuple[str, Optional[str]]]]:
    """Return (type, jail) of each ban's later events."""
    queries = [query for row in rows if (query := _find_after(row)) is not None]
    found: dict[int, list[tuple[str, Optional[str]]]] = {}
    for kind, jail, number in read_first(queries):
        found.setdefault(number, []).append((kind, jail))
    return found


def _find_after(row: EventEntry) -> Optional[Any]:
    """Return the query of the newest events of a ban's target after it."""
    # the index has `start`; what begins there too is another network, or an address
    later = ConnmonEvent.objects.filter(ts__gt=row.ts, start=row.start, ip=row.ip)
    if row.start is not None:
        later = later.filter(subnet=row.subnet)
    elif row.asn is not None:
        later = later.filter(asn=row.asn)
    else:
        return None
    marked = later.order_by("-ts").annotate(ban=Value(row.id))
    # what is added comes last: Django before 5.2 puts it there anyway
    return marked.values_list("type", "jail", "ban")[:LATER]
