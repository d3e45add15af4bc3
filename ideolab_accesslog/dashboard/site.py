"""What Django itself saw: bursts of missing pages, and sensitive paths that were asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Optional

from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.conf import conf
from ideolab_accesslog.databases.times import to_database, to_utc
from ideolab_accesslog.models import OffenceLog, TrashIP

#: rows of each table
TOP = 10
#: addresses seen last, among which the bursts are looked for
ADDRESSES = 500
#: newest offences, among which the sensitive paths are looked for
OFFENCES = 2000
#: characters of a path
PATH_MAX = 120


@dataclass(frozen=True)
class BurstRow:
    """An address that asked for many missing pages."""

    of: str
    count: int
    last: datetime
    path: str


@dataclass(frozen=True)
class SensitivePath:
    """A sensitive path, and how many addresses asked for it."""

    path: str
    count: int
    addresses: int


@dataclass(frozen=True)
class SiteView:
    """What the site saw in a period. `offences` is None where nobody looks."""

    state: str
    text: str
    offences: Optional[int]
    bursts: tuple[BurstRow, ...]
    sensitive: tuple[SensitivePath, ...]


def read_site(start: datetime) -> SiteView:
    """Read what the site saw since `start`."""
    if not conf.TRASHIP_ENABLED:
        text = _("TRASHIP_ENABLED is off: nobody looks for scanners. Set it to True.")
        return SiteView("unknown", text, None, (), ())
    offences = OffenceLog.objects.filter(ts__gte=to_database(start)).order_by()
    text = _("Offences that are kept: of each address the newest ones, each page once in a window.")
    return SiteView("ok", text, offences.count(), _read_bursts(start), _read_sensitive(offences))


def _read_bursts(start: datetime) -> tuple[BurstRow, ...]:
    rows = TrashIP.objects.filter(last_seen__gte=to_database(start)).order_by("-last_seen", "-id")
    newest = rows.values_list("ip", "count_404", "last_seen", "last_path", "reason")[:ADDRESSES]
    found = [row for row in newest if row[4] == TrashIP.Reason.BURST_404 and row[1]]
    found.sort(key=lambda row: row[1], reverse=True)
    return tuple(
        BurstRow(str(ip), count, to_utc(last), to_printable(path, PATH_MAX))
        for ip, count, last, path, _reason in found[:TOP]
    )


def _read_sensitive(offences: object) -> tuple[SensitivePath, ...]:
    newest = offences.order_by("-ts", "-id").values_list("path", "ip", "reason")  # type: ignore[attr-defined]
    addresses: dict[str, list[str]] = defaultdict(list)
    for path, ip, reason in newest[:OFFENCES]:
        if reason == TrashIP.Reason.SENSITIVE_PATH:
            addresses[path].append(ip)
    found = [
        SensitivePath(to_printable(path, PATH_MAX), len(ips), len(set(ips)))
        for path, ips in addresses.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.path))[:TOP])
