"""Puts together what is known of one target, and names the parts that the visitor may not see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Optional

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.dashboard.bans.countries import name_country
from ideolab_accesslog.dashboard.bans.last_bans import BanEntry
from ideolab_accesslog.dashboard.bans.networks import NAME_MAX, show
from ideolab_accesslog.dashboard.bans.ordered import read_orders
from ideolab_accesslog.dashboard.detail import audit, connections, events, requests
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.dashboard.instants import read_clock, to_iso
from ideolab_accesslog.dashboard.sources.events import check_events
from ideolab_accesslog.databases.times import to_utc
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import network_of

#: {permission: what of the detail needs it}
_TABLES = {
    "view_accesslog": gettext_lazy("requests"),
    "view_firewallactionlog": gettext_lazy("audit"),
    "view_traship": gettext_lazy("offences"),
}
Pair = tuple[str, str]
May = Callable[[str], bool]


@dataclass(frozen=True)
class TargetDetail:
    """What is known of a target; its fields are the keys of the JSON (docs/dashboard.md)."""

    now: datetime
    of: str
    kind: str
    title: str
    origin: tuple[Pair, ...]
    facts: tuple[Pair, ...]
    phases: tuple[events.Phase, ...]
    paths: tuple[requests.AskedPath, ...]
    agents: tuple[requests.Agent, ...]
    fingerprints: tuple[str, ...]
    bans: tuple[BanEntry, ...]
    audit: tuple[audit.AuditEntry, ...]
    requests: requests.RequestCounts
    connections: connections.ConnectionCount
    hidden: tuple[str, ...]
    cut: bool


def read_detail(target: DetailTarget, may: May, now: Optional[datetime] = None) -> TargetDetail:
    """Read all parts; `may` says whether the visitor has the permission to view a table."""
    now = now or read_clock()
    has_requests, has_audit, has_offences = map(may, _TABLES)
    found = events.read_events(target)
    asked = requests.read_requests(target, now, has_requests=has_requests, has_offences=has_offences)
    around, is_around_cut = events.read_around(target, found)
    bans = events.list_bans(found, around, now)
    is_known = check_events(now).is_ok and not (found.is_cut or is_around_cut)
    return TargetDetail(
        now=now,
        of=target.of,
        kind=target.kind,
        title=target.of,
        origin=_describe_origin(found),
        facts=(
            *_list_facts(target, found, _describe_ban(target, bans, is_known), has_offences),
            *_list_orders(target, now),
        ),
        phases=events.list_phases(found),
        paths=requests.list_paths(asked),
        agents=requests.list_agents(asked),
        fingerprints=events.list_fingerprints(found),
        bans=bans,
        audit=audit.read_audit(target) if has_audit else (),
        requests=asked.counts,
        connections=connections.count_connections(target.network),
        hidden=tuple(str(name) for permission, name in _TABLES.items() if not may(permission)),
        cut=found.is_cut or asked.is_cut,
    )


def _describe_origin(found: events.TargetEvents) -> tuple[Pair, ...]:
    row = events.find_owner(found)
    if row is None:
        return ((_("origin"), _("unknown: no event of it has one")),)
    pairs = (
        (_("AS number"), show(row.asn)),
        (_("AS name"), show(row.asname, NAME_MAX)),
        (_("country"), name_country(row.country)),
    )
    return tuple((label, value) for label, value in pairs if value)


def _list_facts(
    target: DetailTarget,
    found: events.TargetEvents,
    ban: str,
    has_offences: bool,
) -> list[Pair]:
    """Return what fits in a line each."""
    facts: list[tuple[str, Optional[str]]] = []
    if target.kind == "address" and network_of(target.of) != target.of:
        facts.append((_("network"), network_of(target.of)))
    newest = found.events[0].row.ts if found.events else None
    facts += [
        (_("first event"), to_iso(found.first)),
        (_("newest event"), to_iso(newest)),
        (_("ban"), ban),
    ]
    if has_offences:
        facts += _describe_scanner(target)
    return [(label, value) for label, value in facts if value]


def _describe_ban(target: DetailTarget, bans: tuple[BanEntry, ...], is_known: bool) -> str:
    """Return whether it is banned, as far as the events say; unknown where they are not all known."""
    whole = [one for one in bans if target.is_covered_by(one.of)]
    active = next((one for one in whole if one.state == "active"), None)
    if active is not None:
        end = _("permanent") if active.permanent else _("until %(time)s") % {"time": to_iso(active.until)}
        words = {"of": active.of, "jail": active.jail, "end": end}
        return str(_("%(of)s is banned by %(jail)s, %(end)s") % words)
    if not is_known or any(one.state == "unknown" for one in whole):
        return str(_("unknown: the events do not say it, or not all are imported"))
    return str(_("not banned by fail2ban, as far as the events say"))


def _list_orders(target: DetailTarget, now: datetime) -> Iterator[Pair]:
    """Yield what was ordered here, and no event tells of yet."""
    texts = {
        "ordered": _("%(of)s: a ban, at %(time)s; fail2ban has not reported it yet"),
        "failed": _("%(of)s: a ban, at %(time)s; it failed"),
        "noted": _("%(of)s: a ban, at %(time)s; it was noted, and no firewall was told"),
        "unban_ordered": _("%(of)s: an unban, at %(time)s; fail2ban has not reported it yet"),
        "unban_failed": _("%(of)s: an unban, at %(time)s; it failed"),
        "unban_noted": _("%(of)s: an unban, at %(time)s; it was noted, and no firewall was told"),
    }
    for one in read_orders(now):
        if target.is_covered_by(one.of):
            yield _("ordered here"), texts[one.state] % {"of": one.of, "time": to_iso(one.ts)}


def _describe_scanner(target: DetailTarget) -> list[Pair]:
    """Return what the site counted, and the ban that it wants."""
    row = TrashIP.objects.filter(ip__in=target.list_names()).order_by("-is_banned", "-last_seen").first()
    if row is None:
        return []
    counted = _("%(missing)d missing pages, %(sensitive)d sensitive paths")
    pairs = [
        (_("counted by the site"), counted % {"missing": row.count_404, "sensitive": row.count_sensitive}),
        (_("last seen by the site"), to_iso(to_utc(row.last_seen)) or ""),
    ]
    if row.is_banned:
        end = to_iso(row.ban_until) or _("permanent")
        pairs.append((_("ban wanted by the site"), f"{end} {to_printable(row.ban_reason, NAME_MAX)}".strip()))
    return pairs
