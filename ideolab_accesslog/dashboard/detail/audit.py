"""The audit of one target: who banned, lifted and checked it, and what the firewall said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.models import FirewallActionLog

#: rows that are shown
MOST = 50
#: characters of each text
TEXT_MAX = 255


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit, in words."""

    ts: datetime
    who: str
    action: str
    state: str
    reason: str
    said: str


def read_audit(target: DetailTarget) -> tuple[AuditEntry, ...]:
    """Read the newest rows of a target; of a network those of its addresses too."""
    rows = FirewallActionLog.objects.all()
    own = list(rows.filter(ip__in=target.list_names()).order_by("-ts")[:MOST])
    inside = list(target.filter_addresses(rows)[:MOST]) if target.kind == "network" else []
    unique = {row.pk: row for row in (*own, *inside)}
    newest = sorted(unique.values(), key=lambda row: (row.ts, row.pk), reverse=True)
    return tuple(map(_make_entry, newest[:MOST]))


def _make_entry(row: FirewallActionLog) -> AuditEntry:
    return AuditEntry(
        ts=to_utc(row.ts),
        who=to_printable(row.actor_name, TEXT_MAX),
        action=str(row.get_action_display()),
        state=str(row.get_state_display()),
        reason=to_printable(row.reason, TEXT_MAX),
        said=to_printable(row.stderr or row.stdout, TEXT_MAX),
    )
