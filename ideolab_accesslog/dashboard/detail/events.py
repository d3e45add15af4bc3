"""The events of one target: phases, fingerprints, bans, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Optional

from django.db.models import TextField
from django.db.models.functions import Cast

from ideolab_accesslog.dashboard.bans.last_bans import (
    REASON_MAX,
    BanEntry,
    EventEntry,
    make_entries,
    make_entry,
)
from ideolab_accesslog.dashboard.bans.networks import show
from ideolab_accesslog.dashboard.detail.newest import IsInside, NewestRows, find_newest, read_rows
from ideolab_accesslog.dashboard.detail.raw import describe_entries, parse_raw
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.dashboard.event_types import BAN, OBSERVED, RESTORED, SUSPECT, UNBAN
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.models import ConnmonEvent
from ideolab_accesslog.networks import list_starts_around

#: events that are read
MOST = 400
#: rows of each part
PHASES = 50
BANS = 50
FINGERPRINTS = 20
#: newest events of whole networks and ASes, among which those around the target are looked for
AROUND = 1000


class DetailEvent(NamedTuple):
    """One event with its numbers and what is in `raw`."""

    row: EventEntry
    connections: Optional[int]
    score: Optional[int]
    raw: dict[str, Any]


@dataclass(frozen=True)
class Phase:
    """What connmon saw at one time."""

    ts: datetime
    score: Optional[int]
    connections: Optional[int]
    text: str


@dataclass(frozen=True)
class TargetEvents:
    """The events of a target, newest first. `first`: the time of the oldest, None: nobody knows."""

    events: tuple[DetailEvent, ...]
    first: Optional[datetime]
    is_cut: bool


def read_events(target: DetailTarget) -> TargetEvents:
    """Read the newest events of a target."""
    every = ConnmonEvent.objects.all()
    found = find_newest(target, target.filter_events(every), IsInside("start", target.holds_start), MOST)
    # as text: what is nested too deeply for Python's reader must not cost the page
    rows = every.annotate(text=Cast("raw", TextField()))
    fields = (*EventEntry._fields, "count", "score", "text")
    events = map(_make_event, read_rows(rows, found.keys, *fields))
    own = [one for one in events if not _is_wider(one.row, target)]
    newest = sorted(own, key=lambda one: (one.row.ts, one.row.id), reverse=True)
    return TargetEvents(tuple(newest), _find_first(target, newest, found), found.is_cut)


def _is_wider(row: EventEntry, target: DetailTarget) -> bool:
    is_other = row.ip is None and row.subnet is not None and row.subnet != target.of
    return is_other and target.is_covered_by(row.subnet or "")


def _make_event(row: Sequence[Any]) -> DetailEvent:
    *fields, count, score, text = row
    return DetailEvent(EventEntry(*fields), count, score, parse_raw(text))


def read_around(target: DetailTarget, found: TargetEvents) -> tuple[list[EventEntry], bool]:
    """Return the events of whole networks and ASes that the target is in, and whether there may be more."""
    owner = find_owner(found)
    asn = owner.asn if owner else None
    # an AS begins nowhere
    parts = [ConnmonEvent.objects.filter(start=None)]
    if target.network is not None:
        starts = list_starts_around(target.network)
        parts.append(ConnmonEvent.objects.filter(start__in=starts, ip=None))
    fields = EventEntry._fields
    read = [list(part.order_by("-ts").values_list(*fields)[:AROUND]) for part in parts]
    rows = [EventEntry._make(row) for part in read for row in part]
    around = [row for row in rows if row.of != target.of and _is_around(row, target, asn)]
    return around, any(len(part) >= AROUND for part in read)


def _is_around(row: EventEntry, target: DetailTarget, asn: Optional[str]) -> bool:
    if row.subnet is None:
        return row.asn is not None and row.asn == asn
    return target.is_covered_by(row.subnet)


def _find_first(target: DetailTarget, newest: Sequence[DetailEvent], found: NewestRows) -> Optional[datetime]:
    if not newest:
        return None
    if not found.is_cut:
        return to_utc(newest[-1].row.ts)
    if target.kind == "network":
        return None if found.oldest is None else to_utc(found.oldest)
    rows = target.filter_events(ConnmonEvent.objects.all())
    return to_utc(rows.order_by("ts").values_list("ts", flat=True)[:1][0])


def list_phases(found: TargetEvents) -> tuple[Phase, ...]:
    """Return what connmon saw."""
    seen = [one for one in found.events if one.row.type in (SUSPECT, OBSERVED)]
    return tuple(
        Phase(to_utc(one.row.ts), one.score, one.connections, _describe(one)) for one in seen[:PHASES]
    )


def _describe(event: DetailEvent) -> str:
    """Return the phases of the connections, and connmon's reason."""
    parts = [describe_entries(event.raw.get("phases"), " "), show(event.row.reason, REASON_MAX)]
    return "; ".join(filter(None, parts))


def list_fingerprints(found: TargetEvents) -> tuple[str, ...]:
    """Return the different fingerprints of requests and TLS hellos."""
    texts = (describe_entries(one.raw.get("fingerprint")) for one in found.events)
    return tuple(dict.fromkeys(filter(None, texts)))[:FINGERPRINTS]


def list_bans(found: TargetEvents, around: Sequence[EventEntry], now: datetime) -> tuple[BanEntry, ...]:
    """Return bans and unbans, also of the networks around; only of bans there is a state."""
    both = [*(one.row for one in found.events), *around]
    rows = [row for row in both if row.type in (BAN, RESTORED, UNBAN)]
    rows = sorted(rows, key=lambda row: (row.ts, row.id), reverse=True)[:BANS]
    entries = {one.id: one for one in make_entries([row for row in rows if row.type != UNBAN], now)}
    return tuple(entries.get(row.id) or make_entry(row, "over") for row in rows)


def find_owner(found: TargetEvents) -> Optional[EventEntry]:
    """Return the newest event that says whose the target is."""
    return next((one.row for one in found.events if one.row.asn or one.row.country), None)
