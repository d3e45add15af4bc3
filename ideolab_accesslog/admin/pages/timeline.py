"""One list, newest first, of what an address did and of what was done about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import islice
from typing import Any, Optional

from django.utils.translation import gettext as _

from ideolab_accesslog import databases
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.admin.days import to_local
from ideolab_accesslog.admin.pages.rule_names import RULES
from ideolab_accesslog.admin.search import match_network
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.models import AccessLog, FirewallActionLog, OffenceLog, TrashIP
from ideolab_accesslog.networks import AsNumber, Wanted, find_networks_around, network_of

#: entries of one page
PAGE = 100
#: pages; each reads all that is newer, so the last one reads a thousand rows of each table
PAGES = 10
#: characters of a path and of an agent
PATH_MAX = 1024
AGENT_MAX = 200
#: {reason of an offence: how bad it is}
_LEVELS = {TrashIP.Reason.SENSITIVE_PATH: "bad", TrashIP.Reason.BURST_404: "warn"}
#: {action: how it looks}
_ACTION_LEVELS = {"ban": "ban", "unban": "good"}


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. `level`: bad, warn, ban, good, or "" for what is neither.

    `code` is what the client sent, printable; `text` is ours.
    """

    when: datetime
    badge: str
    level: str = ""
    code: str = ""
    status: Optional[int] = None
    text: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Timeline:
    """One page of the list. `is_cut`: there is more than all pages show."""

    entries: tuple[TimelineEntry, ...]
    page: int
    newer: Optional[int]
    older: Optional[int]
    is_cut: bool


def find_names(target: Wanted) -> list[str]:
    """Return the texts under which an address is counted and banned: its own, and its /64's."""
    text = str(target)
    is_whole = "/" in text or isinstance(target, AsNumber)
    names = [text] if is_whole else [text, network_of(text)]
    return list(dict.fromkeys(names))


def read_timeline(target: Wanted, page: int, *, has_requests: bool, has_actions: bool) -> Timeline:
    """Read one page; requests and actions only where the visitor may see them."""
    page = min(max(page, 1), PAGES)
    most = page * PAGE + 1
    found = [*_read_offences(target, most)]
    if has_requests:
        found += _read_requests(target, most)
    if has_actions:
        found += _read_actions(target, most)
    found.sort(key=lambda entry: entry.when, reverse=True)
    has_older = len(found) >= most
    return Timeline(
        entries=tuple(islice(found, most - 1 - PAGE, most - 1)),
        page=page,
        newer=page - 1 if page > 1 else None,
        older=page + 1 if has_older and page < PAGES else None,
        is_cut=has_older and page == PAGES,
    )


def _read_offences(target: Wanted, most: int) -> Iterator[TimelineEntry]:
    for row in OffenceLog.objects.filter(ip__in=find_names(target))[:most]:
        yield TimelineEntry(
            when=row.ts,
            badge=_name_offence(row),
            level=_LEVELS.get(row.reason, ""),
            code=f"{to_printable(row.method, 16)} {to_printable(row.path, PATH_MAX)}",
            status=row.status_code,
            text=_name_client(row.client_ip, target),
            agent=to_printable(row.user_agent, AGENT_MAX),
        )


def _name_offence(row: OffenceLog) -> str:
    if row.reason in _LEVELS:
        return str(RULES.get(row.rule, to_printable(row.rule, 32))) if row.rule else str(_("missing page"))
    return str(_("crawler") if row.reason == TrashIP.Reason.CRAWLER else _("another site's page"))


def _name_client(client: Optional[str], target: Wanted) -> str:
    """Return the address of a client whose page this is not: a /64 has many."""
    return client if client and client != str(target) else ""


def _read_requests(target: Wanted, most: int) -> Iterator[TimelineEntry]:
    if isinstance(target, AsNumber):
        return
    log = AccessLog.objects.using(databases.requests())
    for row in log.filter(match_network(log.all(), ip_network(target)))[:most]:
        yield TimelineEntry(
            when=row.ts,
            badge=_("request"),
            level="bad" if row.status_code >= 500 else "warn" if row.status_code >= 400 else "",
            code=f"{to_printable(row.method, 16)} {to_printable(row.path, PATH_MAX)}",
            status=row.status_code,
            text=_name_client(row.ip, target),
            agent=to_printable(row.user_agent, AGENT_MAX),
        )


def _read_actions(target: Wanted, most: int) -> Iterator[TimelineEntry]:
    names = find_names(target)
    if not isinstance(target, AsNumber):
        names += find_networks_around(target)
    for row in FirewallActionLog.objects.filter(ip__in=names)[:most]:
        state = row.get_state_display()
        reason = texts.translate(row.reason)
        parts = [row.actor_name, state, _name_end(row), reason, row.ip if row.ip != str(target) else ""]
        is_failed = row.state == FirewallActionLog.State.FAILED
        # nothing was changed
        is_refused = row.state == FirewallActionLog.State.REFUSED
        said = texts.translate(row.stderr) if is_failed else ""
        yield TimelineEntry(
            when=row.ts,
            badge=row.get_action_display(),
            level="bad" if is_failed else "" if is_refused else _ACTION_LEVELS.get(row.action, ""),
            text=" · ".join(to_printable(part, AGENT_MAX) for part in [*parts, said] if part),
        )


def _name_end(row: Any) -> str:
    if row.action != FirewallActionLog.Action.BAN:
        return ""
    if row.bantime is None:
        return str(_("permanent"))
    try:
        end = to_local(row.ts + timedelta(seconds=row.bantime))
    except OverflowError:
        return str(_("permanent"))
    return str(_("until %(time)s") % {"time": f"{end:%Y-%m-%d %H:%M:%S}"})
