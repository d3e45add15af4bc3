"""Events, their counts, and files of metrics for tests of the dashboard."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Optional

from ideolab_accesslog.dashboard.instants import UTC, floor
from ideolab_accesslog.dashboard.sources import metrics
from ideolab_accesslog.dashboard.sources.source import DashboardSource
from ideolab_accesslog.databases.times import to_database
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventMinute, EventOffset

#: the clock of the tests
NOW = datetime(2026, 11, 22, 14, 52, 30, tzinfo=UTC)
OK = {
    key: DashboardSource(key, key, "ok", 1, f"{key} is ok.")
    for key in ("events", "connmon", "fail2ban", "site")
}
#: fail2ban has bans, and the kernel should have them
ACTIVE_BANS = 'ideolab_f2b_active_bans{jail="sshd",family="inet"} 3'
_NAMES = {"fail2ban": metrics.FAIL2BAN_FILE, "connmon": metrics.CONNMON_FILE}
_JOBS = {"fail2ban": "report", "connmon": "connmon"}


def add_event(
    kind: str = "ban", ago_s: float = 60, *, is_counted: bool = True, **fields: Any
) -> ConnmonEvent:
    """Store an event as the import does, and count it."""
    ip = fields.setdefault("ip", "198.51.100.7" if "subnet" not in fields else None)
    ts = NOW - timedelta(seconds=ago_s)
    if ip is not None:
        fields.setdefault("subnet", str(ip_network((ip, 64 if ":" in ip else 24), strict=False)))
    if fields["subnet"] is not None:
        first = ip_network(ip or fields["subnet"]).network_address
        fields["start"] = f"{first.version}{int(first):0{first.max_prefixlen // 4}x}"
    if kind in ("ban", "restored"):
        fields = {"bantime": 86400, "until": to_database(ts + timedelta(days=1)), **fields}
    row: ConnmonEvent = ConnmonEvent.objects.create(
        ts=to_database(ts), type=kind, jail=fields.pop("jail", "sshd"), **fields
    )
    if is_counted:
        _count(row, ts)
    return row


def _count(row: ConnmonEvent, ts: datetime) -> None:
    """Count an event, as the import does."""
    for model, field, step_s in ((EventMinute, "minute", 60), (EventHour, "hour", 3600)):
        key = {field: to_database(floor(ts, step_s)), "type": row.type, "jail": row.jail or ""}
        _add(model, key)
    if row.type != "ban":
        return
    network = f"network{6 if ':' in (row.subnet or '') else 4}"
    for kind, key in (("asn", row.asn), ("country", row.country), (network, row.subnet)):
        if key:
            _add(
                EventDay,
                {"day": ts.date(), "kind": kind, "key": key},
                name=(row.asname or "") if kind == "asn" else "",
            )


def _add(model: Any, key: Mapping[str, Any], **others: Any) -> None:
    found, _is_new = model.objects.get_or_create(**key, defaults=others)
    found.count += 1
    found.save()


def add_offset(path: Path, *, ago_s: float = 10, behind: int = 0) -> EventOffset:
    """Store how far a file is read: to its end, but for so many bytes."""
    found = path.stat()
    row: EventOffset = EventOffset.objects.create(
        path=str(path),
        device=found.st_dev,
        inode=found.st_ino,
        position=found.st_size - behind,
        updated_at=to_database(NOW - timedelta(seconds=ago_s)),
    )
    return row


def write_metrics(directory: Path, program: str, text: str = "", *, ago_s: Optional[float] = 5) -> Path:
    """Write the file of a program, whose last success and whose time are so many seconds ago."""
    path = directory / _NAMES[program]
    stamp = NOW.timestamp() - (ago_s or 0)
    success = f'{metrics.SUCCESS}{{job="{_JOBS[program]}"}} {stamp}\n' if ago_s is not None else ""
    path.write_text(success + text)
    os.utime(path, (stamp, stamp))
    return path


def fill_calm(directory: Path, settings: Any, connmon: str = "", fail2ban: str = "") -> None:
    """Make all sources ok; nothing has happened."""
    settings.ACCESSLOG_METRICS_DIR = str(directory)
    calm = "ideolab_connmon_established_443 12\nideolab_connmon_suspect_ips 0\n"
    write_metrics(directory, "connmon", connmon or calm)
    bans = f'{ACTIVE_BANS}\n{metrics.SUCCESS}{{job="reconcile"}} {NOW.timestamp() - 20}\n'
    write_metrics(directory, "fail2ban", fail2ban or bans)
    events = directory / "connmon_events.jsonl"
    events.write_text("{}\n")
    add_offset(events)
