"""The events of one target: phases, fingerprints, bans, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Optional

from django.db.models import TextField
from django.db.models.functions import Cast

from ideolab_accesslog.dashboard.detail.raw import describe_entries, parse_raw
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.dashboard.event_types import BAN, OBSERVED, RESTORED, SUSPECT, UNBAN
from ideolab_accesslog.dashboard.instants import to_utc
from ideolab_accesslog.dashboard.last_bans import REASON_MAX, BanEntry, EventRow, make_entries, make_entry
from ideolab_accesslog.dashboard.networks import show
from ideolab_accesslog.models import ConnmonEvent

#: events that are read; of a network that no index has by time, those of its first addresses
MOST = 400
#: rows of each part
PHASES = 50
BANS = 50
FINGERPRINTS = 20


class DetailEvent(NamedTuple):
    """One event with its numbers and what is in `raw`."""

    row: EventRow
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
    # as text: what is nested too deeply for Python's reader must not cost the page
    rows = target.filter_events(ConnmonEvent.objects.annotate(text=Cast("raw", TextField())))
    found = [_make_event(row) for row in rows.values_list(*EventRow._fields, "count", "score", "text")[:MOST]]
    newest = sorted(found, key=lambda one: (one.row.ts, one.row.id), reverse=True)
    return TargetEvents(tuple(newest), _find_first(target, newest), len(found) >= MOST)


def _make_event(row: Sequence[Any]) -> DetailEvent:
    *fields, count, score, text = row
    return DetailEvent(EventRow(*fields), count, score, parse_raw(text))


def _find_first(target: DetailTarget, newest: Sequence[DetailEvent]) -> Optional[datetime]:
    if not newest:
        return None
    if len(newest) < MOST:
        return to_utc(newest[-1].row.ts)
    if not target.has_newest_first:
        return None
    rows = target.filter_events(ConnmonEvent.objects.all()).order_by("ts").values_list("ts", flat=True)
    return to_utc(rows[:1][0])


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


def list_bans(found: TargetEvents, now: datetime) -> tuple[BanEntry, ...]:
    """Return bans and unbans; only of bans there is a state."""
    rows = [one.row for one in found.events if one.row.type in (BAN, RESTORED, UNBAN)][:BANS]
    entries = {one.id: one for one in make_entries([row for row in rows if row.type != UNBAN], now)}
    return tuple(entries.get(row.id) or make_entry(row, "over") for row in rows)


def find_owner(found: TargetEvents) -> Optional[EventRow]:
    """Return the newest event that says whose the target is."""
    return next((one.row for one in found.events if one.row.asn or one.row.country), None)
