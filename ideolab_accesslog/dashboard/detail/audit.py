"""The audit of one target: who banned, lifted and checked it, and what the firewall said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.dashboard.detail.newest import IsInside, find_newest
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.models import FirewallActionLog

#: rows that are shown
MOST = 50
#: characters of each text
TEXT_MAX = 255


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit, in words; `of`: the address, network or AS that was banned, lifted or checked."""

    ts: datetime
    of: str
    who: str
    action: str
    state: str
    reason: str
    said: str


def read_audit(target: DetailTarget) -> tuple[AuditEntry, ...]:
    """Read the newest rows of a target, of the networks around it, and of the addresses in it."""
    rows = FirewallActionLog.objects.all()
    # whoever bans the network around an address bans the address
    own = list(rows.filter(ip__in=target.list_names_around()).order_by("-ts")[:MOST])
    inside = _read_inside(target, rows) if target.kind == "network" else []
    unique = {row.pk: row for row in (*own, *inside)}
    newest = sorted(unique.values(), key=lambda row: (row.ts, row.pk), reverse=True)
    return tuple(map(_make_entry, newest[:MOST]))


def _read_inside(target: DetailTarget, rows: Any) -> list[FirewallActionLog]:
    found = find_newest(target, target.filter_addresses(rows), IsInside("ip", target.holds), MOST)
    return list(rows.filter(pk__in=found.keys))


def _make_entry(row: FirewallActionLog) -> AuditEntry:
    return AuditEntry(
        ts=to_utc(row.ts),
        of=to_printable(row.ip, TEXT_MAX),
        who=to_printable(row.actor_name, TEXT_MAX),
        action=str(row.get_action_display()),
        state=str(row.get_state_display()),
        reason=to_printable(texts.translate(row.reason), TEXT_MAX),
        said=to_printable(texts.translate(row.stderr or row.stdout), TEXT_MAX),
    )
