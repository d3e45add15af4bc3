"""The log line, the event and the JSON of a suspect. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ideolab_f2b import columns, logline
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.event import Event

#: the kind of a line and of an event: a filter takes no other for a ban
SUSPECT = "suspect"
#: the same where nobody is to be banned
OBSERVED = "observed"


def format_line(suspect: Suspect, when: float, port: int, kind: str = SUSPECT, namespace: str = "") -> str:
    """Return a line without its line feed; filter.d/ideolab-connmon.conf reads those about a SUSPECT.

    `namespace` is the name of the container's; "" stands for the host.
    """
    plain: dict[str, int | str] = {"scope": suspect.scope, "score": suspect.score}
    if suspect.scope == "net":
        plain["addresses"] = suspect.addresses
    plain["connections"] = suspect.connections
    plain.update({key: suspect.phases.get(phase, 0) for phase, key in logline.PHASE_KEYS.items()})
    plain["port"] = port
    if suspect.ttl:
        plain["ttl"] = suspect.ttl
    if namespace:
        plain["in"] = namespace
    quoted = {"reason": suspect.reason} if suspect.reason else {}
    return logline.format_line(_time(when), "connmon", kind, suspect.address, plain, quoted)


def make_event(
    suspect: Suspect,
    when: float,
    port: int,
    fingerprint: Mapping[str, str] = {},
    pressure: Pressure | None = None,
    kind: str = SUSPECT,
    namespace: str = "",
    name: str = "",
) -> Event:
    """Return the event of the same moment; what has no field of its own is in `raw`, and `name` is its id."""
    is_prefix = "/" in suspect.address
    raw: dict[str, Any] = {
        "port": port,
        "scope": suspect.scope,
        "phases": suspect.phases,
        "addresses": suspect.addresses,
    }
    if suspect.network_key:
        raw["network_key"] = suspect.network_key
        raw["clusters"] = [cluster._asdict() for cluster in suspect.clusters]
    if pressure is not None:
        raw["pressure"] = _describe(pressure)
    if fingerprint:
        raw["fingerprint"] = dict(fingerprint)
    return Event(
        _time(when),
        kind,
        ip=None if is_prefix else suspect.address,
        subnet=suspect.address if is_prefix else None,
        count=suspect.connections,
        score=suspect.score,
        reason="; ".join(suspect.why),
        raw=raw,
        namespace=namespace or None,
        id=name or None,
    )


def format_json(suspect: Suspect, when: float, pressure: Pressure | None = None, namespace: str = "") -> str:
    """Return the line of `--json`."""
    fields: dict[str, Any] = {
        "address": suspect.address,
        "scope": suspect.scope,
        "score": suspect.score,
        "connections": suspect.connections,
        "phases": suspect.phases,
        "why": list(suspect.why),
        "reason": "; ".join(suspect.why),
        "in": namespace or None,
    }
    if pressure is not None:
        fields["pressure"] = _describe(pressure)
    return columns.format_json(fields, when)


def _describe(pressure: Pressure) -> dict[str, Any]:
    return {"state": pressure.state, "slots": pressure.slots, "capacity": pressure.capacity or None}


def _time(when: float) -> datetime:
    return datetime.fromtimestamp(when, timezone.utc)
