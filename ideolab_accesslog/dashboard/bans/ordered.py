"""Bans and unbans that people have ordered on the site, as long as no event of fail2ban tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, NamedTuple, Optional

from django.db.models import Q

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.dashboard.bans.last_bans import PERMANENT, REASON_MAX
from ideolab_accesslog.dashboard.event_types import BAN, RESTORED, UNBAN
from ideolab_accesslog.dashboard.instants import read_clock
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.models import ConnmonEvent, FirewallActionLog
from ideolab_accesslog.networks import AsNumber, Wanted, network_of, parse_wanted, span

#: for so long an order is shown without an event: cron imports once a minute
SHOWN = timedelta(minutes=15)
#: newest orders that are looked at
MOST = 20
#: newest events of a target, among which its newest ban and unban are looked for
EVENTS = 20
#: an event may have a time without fractions
_FRACTION = timedelta(seconds=2)
#: characters of a name
WHO_MAX = 150

_State = FirewallActionLog.State
#: {state of the audit row: state of a ban, of an unban}; of a refused one nothing came
_STATES = {
    _State.PENDING: ("ordered", "unban_ordered"),
    _State.DONE: ("ordered", "unban_ordered"),
    _State.FAILED: ("failed", "unban_failed"),
    _State.SKIPPED: ("noted", "unban_noted"),
}


class _TargetEvent(NamedTuple):
    """What an event says of a ban."""

    type: str
    ts: datetime
    until: Optional[datetime]
    bantime: Optional[int]


@dataclass(frozen=True)
class BanOrder:
    """One ban or unban as the page shows it, with the keys of a BanEntry, and who ordered it."""

    id: str
    ts: datetime
    type: str
    of: str
    jail: str
    who: str
    reason: str
    until: Optional[datetime]
    permanent: bool
    state: str


def read_mark() -> object:
    """Return a value that changes with each order, and with the answer to the newest one."""
    return _find_orders(read_clock()).values_list("pk", "state").first()


def _find_orders(now: datetime) -> Any:
    """Return what people have ordered lately; programs lift hundreds of bans at a time."""
    lately = FirewallActionLog.objects.filter(ts__gte=to_database(now - SHOWN), ts__lte=to_database(now))
    return lately.filter(action__in=(BAN, UNBAN), actor__isnull=False).order_by("-ts", "-pk")


def read_orders(now: datetime) -> tuple[BanOrder, ...]:
    """Return the orders that no event tells of yet, the newest first, and one of each target."""
    newest: dict[str, FirewallActionLog] = {}
    for row in _find_orders(now).filter(state__in=_STATES)[:MOST]:
        newest.setdefault(row.ip, row)
    return tuple(_make_order(row) for row in newest.values() if not _is_told(row, _find_event(row)))


def _make_order(row: FirewallActionLog) -> BanOrder:
    is_ban = row.action == BAN
    said = texts.translate(row.stderr) if row.state == _State.FAILED else ""
    words = " · ".join(filter(None, (texts.translate(row.reason), said)))
    return BanOrder(
        id=f"order-{row.pk}",
        ts=to_utc(row.ts),
        type=row.action,
        of=row.ip,
        jail="",
        who=to_printable(row.actor_name, WHO_MAX),
        reason=to_printable(words, REASON_MAX),
        until=_find_end(row),
        permanent=is_ban and row.bantime is None,
        state=_STATES[_State(row.state)][0 if is_ban else 1],
    )


def _find_end(row: FirewallActionLog) -> Optional[datetime]:
    """Return when an ordered ban ends; None for ever, and of an unban."""
    if row.action != BAN or row.bantime is None:
        return None
    try:
        return to_utc(row.ts) + timedelta(seconds=row.bantime)
    except OverflowError:
        return None


def _is_told(row: FirewallActionLog, event: Optional[_TargetEvent]) -> bool:
    """Return whether the newest ban or unban of the target is what was ordered."""
    if event is None or (event.type == UNBAN) != (row.action == UNBAN):
        return False
    ordered = to_utc(row.ts) - _FRACTION
    if row.action == UNBAN or to_utc(event.ts) >= ordered or event.bantime == PERMANENT:
        return True
    # fail2ban tells nothing of a ban that there is already, and for as long
    end = _find_end(row)
    return end is not None and event.until is not None and to_utc(event.until) >= end - _FRACTION


def _find_event(row: FirewallActionLog) -> Optional[_TargetEvent]:
    """Return the newest event that bans the target, or lifts its ban; of EVENTS newest ones."""
    events = _filter_events(parse_wanted(row.ip)).order_by("-ts").values_list(*_TargetEvent._fields)
    found = map(_TargetEvent._make, events[:EVENTS])
    return next((event for event in found if event.type in (BAN, RESTORED, UNBAN)), None)


def _filter_events(wanted: Wanted) -> Any:
    """Return the events of a target itself, in an index; an address of IPv6 may be banned as its /64."""
    rows = ConnmonEvent.objects.all()
    if isinstance(wanted, AsNumber):
        return rows.filter(asn=str(wanted.number), start=None)
    names = {str(wanted), str(wanted) if "/" in str(wanted) else network_of(str(wanted))}
    is_address = Q(ip=str(wanted)) if "/" not in str(wanted) else Q(pk__in=())
    starts = {span(ip_network(name))[0] for name in names}
    return rows.filter(is_address | Q(ip=None, subnet__in=names), start__in=starts)
